//! German.

use super::{Reason, Text, Tongue};

pub(super) const TONGUE: Tongue = Tongue {
    text,
    // After "am" and "bis zum".
    some_date: "unbekannten Datum",
    // After "an".
    vendor: "den Hersteller",
    all_features: "alle Funktionen",
    tier_features: |tier| format!("die Funktionen von „{tier}“"),
    months: [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
    // 3. März 2027
    day: |day, month, year| format!("{day}. {month} {year}"),
    // 3. März 2027 um 14:05 Uhr (UTC)
    hour: |day, hour| format!("{day} um {hour} Uhr (UTC)"),
};

fn text(reason: Reason) -> Text {
    let (message, step) = match reason {
        Reason::Ok => ("Ihre Lizenz ist aktiv.", ""),
        Reason::RenewalDue => (
            "Ihre Lizenz ist aktiv und sollte bald erneuert werden.",
            "Das geschieht von selbst, sobald der Computer online ist. Verbinden Sie ihn bis zum {renew_by} mit dem Internet.",
        ),
        Reason::OfflineGrace => (
            "Ihre Lizenz wurde seit einiger Zeit nicht erneuert.",
            "Verbinden Sie den Computer bis zum {offline_until} mit dem Internet, um {features} zu behalten.",
        ),

        Reason::NotActivated => (
            "Die Software ist auf diesem Computer nicht aktiviert.",
            "Aktivieren Sie sie mit Ihrem Lizenzschlüssel.",
        ),
        Reason::Released => (
            "Die Lizenz dieses Computers wurde zurückgegeben.",
            "Um die Software hier zu nutzen, aktivieren Sie sie erneut mit Ihrem Lizenzschlüssel.",
        ),
        Reason::SignatureInvalid => (
            "Die Lizenzdatei wurde verändert oder beschädigt.",
            "Aktivieren Sie die Software erneut mit Ihrem Lizenzschlüssel.",
        ),
        Reason::IssuerUnknown => (
            "Die Lizenzdatei stammt nicht von einem Aussteller, dem diese Software vertraut.",
            "Installieren Sie die neueste Version der Software. Wenn das nicht hilft, wenden Sie sich an {support}.",
        ),
        Reason::IssuerCutOff => (
            "Die Lizenzdatei wurde mit einem Schlüssel erstellt, den der Hersteller zurückgezogen hat.",
            "Verbinden Sie den Computer mit dem Internet, um eine neue Lizenzdatei zu erhalten, oder wenden Sie sich an {support}.",
        ),
        Reason::LicenseUnreadable => (
            "Die Lizenzdatei ist nicht lesbar.",
            "Aktivieren Sie die Software erneut mit Ihrem Lizenzschlüssel.",
        ),
        Reason::LicenseNewerFormat => (
            "Die Lizenz wurde für eine neuere Version dieser Software erstellt.",
            "Installieren Sie die neueste Version der Software.",
        ),
        Reason::ClaimsMismatch => (
            "Teile der Lizenz gehören nicht zusammen.",
            "Aktivieren Sie die Software erneut mit Ihrem Lizenzschlüssel.",
        ),
        Reason::WrongProduct => (
            "Die Lizenz gilt für ein anderes Produkt.",
            "Aktivieren Sie diese Software mit einem Lizenzschlüssel, der für sie gilt.",
        ),
        Reason::LeaseMissing => (
            "Auf diesem Computer fehlt ein Teil der Lizenz.",
            "Verbinden Sie ihn mit dem Internet, damit die Lizenz erneuert wird.",
        ),
        Reason::LeaseSuperseded => (
            "Eine neuere Lizenzdatei wurde durch eine ältere ersetzt.",
            "Verbinden Sie den Computer mit dem Internet, damit die Lizenz erneuert wird.",
        ),
        Reason::StoreOtherVendor => (
            "Dieser Ordner enthält die Lizenzen eines anderen Herstellers.",
            "Geben Sie den Ordner mit den Lizenzen dieses Herstellers an. In diesem wurde nichts geändert.",
        ),
        Reason::StoreOtherSlot => (
            "Dieser Ordner enthält die Lizenzen eines anderen Platzes im Sicherheitschip.",
            "Geben Sie den Ordner und die Nummer an, die zusammengehören. In diesem wurde nichts geändert.",
        ),

        Reason::TpmMissing => (
            "Der Sicherheitschip dieses Computers wurde nicht gefunden.",
            "Schalten Sie ihn in den Firmware-Einstellungen des Computers ein (oft „Security Device“ genannt), löschen Sie ihn dort aber nicht, und versuchen Sie es erneut.",
        ),
        Reason::TpmNoPermission => (
            "Ihr Benutzerkonto darf den Sicherheitschip dieses Computers nicht verwenden.",
            "Bitten Sie einen Administrator, Ihrem Konto den Zugriff zu erlauben.",
        ),
        Reason::TpmBusy => (
            "Der Sicherheitschip dieses Computers ist beschäftigt.",
            "Die Software versucht es von selbst noch einmal.",
        ),
        Reason::TpmLockedOut => (
            "Der Sicherheitschip dieses Computers hat sich nach zu vielen falschen Passwörtern gesperrt.",
            "Lassen Sie den Computer eingeschaltet und warten Sie; die Sperre endet von selbst. Ein Administrator kann sie sofort aufheben.",
        ),
        Reason::TpmFailure => (
            "Der Sicherheitschip dieses Computers arbeitet nicht richtig.",
            "Schalten Sie den Computer aus und wieder ein. Wenn das nicht hilft, wenden Sie sich an {support}.",
        ),
        Reason::TpmReset => (
            "Der Sicherheitschip dieses Computers wurde während der Benutzung neu gestartet.",
            "Die Software versucht es von selbst noch einmal.",
        ),
        Reason::DeviceOther => (
            "Die Lizenz gehört zu einem anderen Computer.",
            "Aktivieren Sie die Software auf diesem Computer mit Ihrem Lizenzschlüssel.",
        ),
        Reason::StorageKeyOther => (
            "Der Sicherheitschip dieses Computers enthält den Schlüssel nicht mehr, für den die Lizenz erstellt wurde.",
            "Aktivieren Sie die Software erneut mit Ihrem Lizenzschlüssel.",
        ),
        Reason::SeedOther => (
            "Die geschützten Daten der Lizenz wurden ersetzt.",
            "Stellen Sie den Ordner der Lizenz aus einer Sicherung wieder her, oder aktivieren Sie die Software erneut mit Ihrem Lizenzschlüssel.",
        ),
        Reason::EpochMoved => (
            "Die Lizenzdatei wurde erstellt, bevor die Lizenz zurückgegeben oder verschoben wurde.",
            "Aktivieren Sie die Software erneut mit Ihrem Lizenzschlüssel.",
        ),
        Reason::TpmCleared => (
            "Der Sicherheitschip dieses Computers wurde gelöscht.",
            "Aktivieren Sie die Software erneut mit Ihrem Lizenzschlüssel; sie zählt weiter für diesen Computer.",
        ),
        Reason::TpmNoAnswer => (
            "Der Sicherheitschip dieses Computers antwortet nicht.",
            "Die Software versucht es von selbst noch einmal. Wenn es so bleibt, starten Sie den Computer neu.",
        ),
        Reason::TpmRefused => (
            "Der Sicherheitschip dieses Computers verweigert, was die Lizenz von ihm braucht. Von der Lizenz ist nichts verloren.",
            "Starten Sie den Computer neu. Wenn das nicht hilft, wenden Sie sich an {support}.",
        ),
        Reason::TpmHierarchyOff => (
            "Ein Teil des Sicherheitschips dieses Computers ist ausgeschaltet. Von der Lizenz ist nichts verloren.",
            "Starten Sie den Computer neu. Wenn das nicht hilft, schalten Sie den Sicherheitschip in den Firmware-Einstellungen des Computers ein, löschen Sie ihn dort aber nicht.",
        ),
        Reason::TpmCounterRemoved => (
            "Der Platz der Lizenz im Sicherheitschip wurde entfernt.",
            "Aktivieren Sie die Software erneut mit Ihrem Lizenzschlüssel; sie zählt weiter für diesen Computer.",
        ),
        Reason::PlaceTaken => (
            "Auf diesem Computer gibt es schon Lizenzen dieses Herstellers, und die Software sucht sie in einem anderen Ordner.",
            "Starten Sie die Software unter dem Benutzerkonto, mit dem sie aktiviert wurde, und mit denselben Einstellungen. Hilft das nicht, wenden Sie sich an {support}.",
        ),
        Reason::StoreSuperseded => (
            "Die Lizenzen in diesem Ordner sind beendet: Die Software wurde von einem anderen Ordner aus neu eingerichtet.",
            "Starten Sie die Software unter dem Benutzerkonto, mit dem sie zuletzt aktiviert wurde, und mit denselben Einstellungen. Hilft das nicht, wenden Sie sich an {support}.",
        ),

        Reason::EvidenceInvalid => (
            "Die Antwort des Sicherheitschips ist nicht echt.",
            "Starten Sie den Computer neu und versuchen Sie es noch einmal. Wenn das nicht hilft, wenden Sie sich an {support}.",
        ),
        Reason::EvidenceNotFresh => (
            "Die Antwort des Sicherheitschips ist veraltet.",
            "Starten Sie den Computer neu und versuchen Sie es noch einmal. Wenn das nicht hilft, wenden Sie sich an {support}.",
        ),
        Reason::AnswerLate => (
            "Die Antwort des Sicherheitschips kam zu spät, um noch zu gelten.",
            "Die Software versucht es von selbst noch einmal. Wenn es so bleibt, starten Sie den Computer neu.",
        ),

        Reason::CounterForeign => (
            "Der Platz der Lizenz im Sicherheitschip wurde ersetzt.",
            "Aktivieren Sie die Software erneut mit Ihrem Lizenzschlüssel.",
        ),
        Reason::CounterBehind => (
            "Der Platz der Lizenz im Sicherheitschip enthält einen älteren Wert als erwartet.",
            "Verbinden Sie den Computer mit dem Internet, damit die Lizenz erneuert wird.",
        ),
        Reason::CounterNotAdvanced => (
            "Der Sicherheitschip hat einen Wert nicht gespeichert, den er speichern muss.",
            "Die Software versucht es von selbst noch einmal. Wenn es dabei bleibt, starten Sie den Computer neu.",
        ),
        Reason::StateMissing => (
            "Auf diesem Computer fehlt eine Datei, die die Lizenz braucht.",
            "Verbinden Sie ihn mit dem Internet, damit sie neu angelegt wird.",
        ),
        Reason::StateRolledBack => (
            "Die Dateien der Lizenz wurden durch ältere ersetzt, zum Beispiel aus einer Sicherung.",
            "Verbinden Sie den Computer mit dem Internet, damit sie erneuert werden.",
        ),
        Reason::StateDamaged => (
            "Eine Datei, die die Lizenz braucht, ist beschädigt.",
            "Verbinden Sie den Computer mit dem Internet, damit sie neu angelegt wird.",
        ),
        Reason::StateNewerFormat => (
            "Die Dateien der Lizenz wurden zuletzt von einer neueren Version dieser Software benutzt.",
            "Installieren Sie die neueste Version der Software.",
        ),
        Reason::StateUnwritable => (
            "In den Ordner der Lizenz kann nicht geschrieben werden.",
            "Schaffen Sie Platz auf dem Datenträger. Ist genug frei, bitten Sie einen Administrator herauszufinden, warum die Software dort nicht schreiben darf.",
        ),
        Reason::StateExposed => (
            "Der Ordner der Lizenz gehört einem anderen Benutzer, oder andere Benutzer können ihn öffnen.",
            "Starten Sie die Software unter dem Benutzerkonto, mit dem sie aktiviert wurde, und mit denselben Einstellungen. Hilft das nicht, bitten Sie einen Administrator nachzusehen, wer den Ordner öffnen darf.",
        ),
        Reason::StateUnreadable => (
            "Der Ordner der Lizenz ist nicht lesbar.",
            "Prüfen Sie den Datenträger, und ob dieses Programm den Ordner lesen darf.",
        ),
        Reason::StateBusy => (
            "Ein anderes Programm benutzt den Ordner der Lizenz ungewöhnlich lange.",
            "Warten Sie eine Minute und versuchen Sie es dann erneut.",
        ),
        Reason::BindingDamaged => (
            "Eine Datei, die die Lizenz mit diesem Computer verbindet, ist beschädigt.",
            "Stellen Sie den Ordner der Lizenz aus einer Sicherung wieder her, oder aktivieren Sie die Lizenz erneut.",
        ),

        Reason::AnchorForeign => (
            "Die Aufzeichnungen des Sicherheitschips haben seit der letzten Erneuerung der Lizenz neu begonnen.",
            "Verbinden Sie den Computer mit dem Internet, damit die Lizenz erneuert wird.",
        ),
        Reason::RestartsBehind => (
            "Die Aufzeichnungen des Sicherheitschips über Neustarts passen nicht zur Lizenz.",
            "Verbinden Sie den Computer mit dem Internet, damit die Lizenz erneuert wird.",
        ),
        Reason::ClockBehindAnchor => (
            "Die Uhr im Sicherheitschip ist zurückgegangen.",
            "Verbinden Sie den Computer mit dem Internet, damit die Lizenz erneuert wird.",
        ),
        Reason::BudgetSpent => (
            "Dieser Computer wurde so lange ohne Verbindung benutzt, wie die Lizenz es erlaubt.",
            "Verbinden Sie ihn mit dem Internet, um {features} wieder einzuschalten.",
        ),
        Reason::LeaseExpired => (
            "Dieser Computer war länger ohne Verbindung, als die Lizenz es erlaubt. Sie erlaubte es bis zum {offline_until}.",
            "Verbinden Sie ihn mit dem Internet, um {features} wieder einzuschalten.",
        ),
        Reason::LicenseExpired => (
            "Ihre Lizenz endete am {expires}.",
            "Verlängern Sie Ihre Lizenz und verbinden Sie den Computer dann mit dem Internet. Wenn Sie Hilfe brauchen, wenden Sie sich an {support}.",
        ),
        Reason::LicenseNotYetValid => (
            "Ihre Lizenz beginnt am {starts}.",
            "Warten Sie bis dahin. Wenn dieser Tag schon vorbei ist, stellen Sie die Uhr des Computers richtig.",
        ),
        Reason::OsClockAhead => (
            "Die Uhr des Computers geht vor; ihr wurde nicht geglaubt.",
            "Stellen Sie die Uhr des Computers richtig.",
        ),
        Reason::OsClockBehindFloor => (
            "Die Uhr des Computers geht gegenüber der des Herstellers nach; ihr wurde nicht geglaubt.",
            "Stellen Sie die Uhr des Computers richtig. Geht sie richtig, dann ging die des Herstellers falsch: Bitten Sie {support} um \
             eine neue Antwort, die das berichtigt.",
        ),
        Reason::BootsSpent => (
            "Dieser Computer wurde so oft ohne Verbindung gestartet, wie die Lizenz es erlaubt.",
            "Verbinden Sie ihn mit dem Internet, um {features} wieder einzuschalten.",
        ),

        Reason::LicenseRevoked => (
            "Der Hersteller hat diese Lizenz widerrufen.",
            "Wenden Sie sich an {support}.",
        ),
        Reason::LicenseSuspended => (
            "Der Hersteller hat diese Lizenz vorübergehend ausgesetzt.",
            "Wenden Sie sich an {support}. Verbinden Sie den Computer mit dem Internet, sobald die Sache geklärt ist.",
        ),
        Reason::StatusStale => (
            "Ihre Lizenz ist aktiv und wurde seit einiger Zeit nicht mit den Unterlagen des Herstellers abgeglichen.",
            "Das geschieht von selbst, sobald der Computer online ist.",
        ),

        Reason::VersionNotAllowed => (
            "Ihre Lizenz gilt nicht für diese Version der Software.",
            "Verbinden Sie den Computer mit dem Internet, damit die Lizenz erneuert wird, oder installieren Sie eine Version, für die sie gilt.",
        ),
        Reason::VersionUnreadable => (
            "Es lässt sich nicht feststellen, ob Ihre Lizenz für diese Version der Software gilt.",
            "Installieren Sie die neueste Version der Software. Wenn das nicht hilft, wenden Sie sich an {support}.",
        ),
        Reason::DeviceClassNotLicensed => (
            "Ihre Lizenz gilt nicht für Computer dieser Art.",
            "Benutzen Sie die Software auf einem anderen Computer, oder wenden Sie sich an {support}.",
        ),
        Reason::ManifestStale => (
            "Die Regeln des Herstellers für Ihre Lizenz sollten bald erneuert werden.",
            "Das geschieht von selbst, sobald der Computer online ist.",
        ),
        Reason::ManifestMissing => (
            "Auf diesem Computer fehlen die Regeln des Herstellers für Ihre Lizenz.",
            "Verbinden Sie ihn mit dem Internet, damit sie erneuert werden.",
        ),
        Reason::PlatformChanged => (
            "Die Software, mit der dieser Computer startet, ist nicht mehr die, die der Hersteller freigegeben hat.",
            "Verbinden Sie den Computer mit dem Internet, damit die Änderung freigegeben werden kann. Wenn das nicht hilft, wenden Sie sich an {support}.",
        ),
        Reason::StepUpDue => (
            "Auf diesem Computer ist etwas Ungewöhnliches geschehen; die Lizenz muss deshalb früher als sonst erneuert werden.",
            "Verbinden Sie den Computer mit dem Internet, um {features} wieder einzuschalten.",
        ),
        Reason::StepUpFeatures => (
            "Einige Funktionen setzen voraus, dass der Computer vor Kurzem online war, und sind bis dahin ausgeschaltet: {step_up_features}.",
            "Verbinden Sie den Computer mit dem Internet, um diese Funktionen wieder einzuschalten: {step_up_features}.",
        ),
        Reason::PlatformUnapproved => (
            "Der Hersteller hat die Software, mit der dieser Computer startet, noch nicht freigegeben.",
            "Das geschieht von selbst, sobald der Computer online ist.",
        ),
    };
    Text { message, step }
}
