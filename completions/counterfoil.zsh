#compdef counterfoil

autoload -U is-at-least

_counterfoil() {
    typeset -A opt_args
    typeset -a _arguments_options
    local ret=1

    if is-at-least 5.2; then
        _arguments_options=(-s -S -C)
    else
        _arguments_options=(-s -C)
    fi

    local context curcontext="$curcontext" state line
    _arguments "${_arguments_options[@]}" : \
'--tcti=[The TPM, as libtss2 names it \[default\: device\:/dev/tpmrm0\]]:TCTI:_default' \
'--tpm-timeout=[Seconds that the TPM may take for a command, and four times as many to make a key \[default\: 30\]]:SECONDS:_default' \
'--dir=[The state folder \[default\: /var/lib/counterfoil/VENDOR, by the vendor'\''s id\]]:DIR:_files' \
'--trust=[The vendor'\''s root public key, PEM]:FILE:_files' \
'--slot=[The store'\''s number on this machine \[default\: 0, the machine-wide one\]]:N:_default' \
'--product=[Accept licenses for this product only]:NAME:_default' \
'--app-version=[The application'\''s version, where licenses cover a range of versions]:VERSION:_default' \
'--config=[The config file, TOML \[default\: /etc/counterfoil.toml where there is one\]]:FILE:_files' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
":: :_counterfoil_commands" \
"*::: :->counterfoil" \
&& ret=0
    case $state in
    (counterfoil)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-command-$line[1]:"
        case $line[1] in
            (doctor)
_arguments "${_arguments_options[@]}" : \
'--bundle=[Write one file for support here, without secrets; it lists what it holds]:FILE:_files' \
'--tcti=[The TPM, as libtss2 names it \[default\: device\:/dev/tpmrm0\]]:TCTI:_default' \
'--tpm-timeout=[Seconds that the TPM may take for a command, and four times as many to make a key \[default\: 30\]]:SECONDS:_default' \
'--dir=[The state folder \[default\: /var/lib/counterfoil/VENDOR, by the vendor'\''s id\]]:DIR:_files' \
'--trust=[The vendor'\''s root public key, PEM]:FILE:_files' \
'--slot=[The store'\''s number on this machine \[default\: 0, the machine-wide one\]]:N:_default' \
'--product=[Accept licenses for this product only]:NAME:_default' \
'--app-version=[The application'\''s version, where licenses cover a range of versions]:VERSION:_default' \
'--config=[The config file, TOML \[default\: /etc/counterfoil.toml where there is one\]]:FILE:_files' \
'--json[Print JSON instead of text]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(provision)
_arguments "${_arguments_options[@]}" : \
'--ek-certificate=[Endorsement certificate that was fetched from the TPM'\''s maker, for chips that store none\: PEM, DER or the JSON of a maker'\''s service; it is kept, and goes into requests]:FILE:_files' \
'--owner-auth-file=[File with the owner hierarchy'\''s password; - is standard input]:FILE:_files' \
'--endorsement-auth-file=[File with the endorsement hierarchy'\''s password; - is standard input]:FILE:_files' \
'--tcti=[The TPM, as libtss2 names it \[default\: device\:/dev/tpmrm0\]]:TCTI:_default' \
'--tpm-timeout=[Seconds that the TPM may take for a command, and four times as many to make a key \[default\: 30\]]:SECONDS:_default' \
'--dir=[The state folder \[default\: /var/lib/counterfoil/VENDOR, by the vendor'\''s id\]]:DIR:_files' \
'--trust=[The vendor'\''s root public key, PEM]:FILE:_files' \
'--slot=[The store'\''s number on this machine \[default\: 0, the machine-wide one\]]:N:_default' \
'--product=[Accept licenses for this product only]:NAME:_default' \
'--app-version=[The application'\''s version, where licenses cover a range of versions]:VERSION:_default' \
'--config=[The config file, TOML \[default\: /etc/counterfoil.toml where there is one\]]:FILE:_files' \
'--replace[Make the store anew even where the TPM has one that this folder does not open\: every license in that one ends for good]' \
'--json[Print JSON instead of text]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(deprovision)
_arguments "${_arguments_options[@]}" : \
'--owner-auth-file=[File with the owner hierarchy'\''s password; - is standard input]:FILE:_files' \
'--endorsement-auth-file=[File with the endorsement hierarchy'\''s password; - is standard input]:FILE:_files' \
'--tcti=[The TPM, as libtss2 names it \[default\: device\:/dev/tpmrm0\]]:TCTI:_default' \
'--tpm-timeout=[Seconds that the TPM may take for a command, and four times as many to make a key \[default\: 30\]]:SECONDS:_default' \
'--dir=[The state folder \[default\: /var/lib/counterfoil/VENDOR, by the vendor'\''s id\]]:DIR:_files' \
'--trust=[The vendor'\''s root public key, PEM]:FILE:_files' \
'--slot=[The store'\''s number on this machine \[default\: 0, the machine-wide one\]]:N:_default' \
'--product=[Accept licenses for this product only]:NAME:_default' \
'--app-version=[The application'\''s version, where licenses cover a range of versions]:VERSION:_default' \
'--config=[The config file, TOML \[default\: /etc/counterfoil.toml where there is one\]]:FILE:_files' \
'--yes[Yes, end every license in this store]' \
'--other-store[Also end a store in the TPM that is not, or no longer, this folder'\''s, with every license in it]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(activate)
_arguments "${_arguments_options[@]}" : \
'(--key-file)--key=[The license key; other users can see a command line, so prefer --key-file where there are any]:KEY:_default' \
'--key-file=[File with the license key; - is standard input]:FILE:_files' \
'(--response)--request-out=[Write the request here, for the vendor]:FILE:_files' \
'--response=[Apply this response of the vendor]:FILE:_files' \
'--owner-auth-file=[File with the owner hierarchy'\''s password; - is standard input]:FILE:_files' \
'--endorsement-auth-file=[File with the endorsement hierarchy'\''s password; - is standard input]:FILE:_files' \
'--tcti=[The TPM, as libtss2 names it \[default\: device\:/dev/tpmrm0\]]:TCTI:_default' \
'--tpm-timeout=[Seconds that the TPM may take for a command, and four times as many to make a key \[default\: 30\]]:SECONDS:_default' \
'--dir=[The state folder \[default\: /var/lib/counterfoil/VENDOR, by the vendor'\''s id\]]:DIR:_files' \
'--trust=[The vendor'\''s root public key, PEM]:FILE:_files' \
'--slot=[The store'\''s number on this machine \[default\: 0, the machine-wide one\]]:N:_default' \
'--product=[Accept licenses for this product only]:NAME:_default' \
'--app-version=[The application'\''s version, where licenses cover a range of versions]:VERSION:_default' \
'--config=[The config file, TOML \[default\: /etc/counterfoil.toml where there is one\]]:FILE:_files' \
'--replace[Make the store anew even where the TPM has one that this folder does not open\: every license in that one ends for good]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(requests)
_arguments "${_arguments_options[@]}" : \
'--tcti=[The TPM, as libtss2 names it \[default\: device\:/dev/tpmrm0\]]:TCTI:_default' \
'--tpm-timeout=[Seconds that the TPM may take for a command, and four times as many to make a key \[default\: 30\]]:SECONDS:_default' \
'--dir=[The state folder \[default\: /var/lib/counterfoil/VENDOR, by the vendor'\''s id\]]:DIR:_files' \
'--trust=[The vendor'\''s root public key, PEM]:FILE:_files' \
'--slot=[The store'\''s number on this machine \[default\: 0, the machine-wide one\]]:N:_default' \
'--product=[Accept licenses for this product only]:NAME:_default' \
'--app-version=[The application'\''s version, where licenses cover a range of versions]:VERSION:_default' \
'--config=[The config file, TOML \[default\: /etc/counterfoil.toml where there is one\]]:FILE:_files' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
":: :_counterfoil__subcmd__requests_commands" \
"*::: :->requests" \
&& ret=0

    case $state in
    (requests)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-requests-command-$line[1]:"
        case $line[1] in
            (list)
_arguments "${_arguments_options[@]}" : \
'--tcti=[The TPM, as libtss2 names it \[default\: device\:/dev/tpmrm0\]]:TCTI:_default' \
'--tpm-timeout=[Seconds that the TPM may take for a command, and four times as many to make a key \[default\: 30\]]:SECONDS:_default' \
'--dir=[The state folder \[default\: /var/lib/counterfoil/VENDOR, by the vendor'\''s id\]]:DIR:_files' \
'--trust=[The vendor'\''s root public key, PEM]:FILE:_files' \
'--slot=[The store'\''s number on this machine \[default\: 0, the machine-wide one\]]:N:_default' \
'--product=[Accept licenses for this product only]:NAME:_default' \
'--app-version=[The application'\''s version, where licenses cover a range of versions]:VERSION:_default' \
'--config=[The config file, TOML \[default\: /etc/counterfoil.toml where there is one\]]:FILE:_files' \
'--json[Print JSON instead of text]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(drop)
_arguments "${_arguments_options[@]}" : \
'--tcti=[The TPM, as libtss2 names it \[default\: device\:/dev/tpmrm0\]]:TCTI:_default' \
'--tpm-timeout=[Seconds that the TPM may take for a command, and four times as many to make a key \[default\: 30\]]:SECONDS:_default' \
'--dir=[The state folder \[default\: /var/lib/counterfoil/VENDOR, by the vendor'\''s id\]]:DIR:_files' \
'--trust=[The vendor'\''s root public key, PEM]:FILE:_files' \
'--slot=[The store'\''s number on this machine \[default\: 0, the machine-wide one\]]:N:_default' \
'--product=[Accept licenses for this product only]:NAME:_default' \
'--app-version=[The application'\''s version, where licenses cover a range of versions]:VERSION:_default' \
'--config=[The config file, TOML \[default\: /etc/counterfoil.toml where there is one\]]:FILE:_files' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
':license -- The id of the license that was asked for, as `requests list` shows it:_default' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_counterfoil__subcmd__requests__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-requests-help-command-$line[1]:"
        case $line[1] in
            (list)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(drop)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
        esac
    ;;
esac
;;
(status)
_arguments "${_arguments_options[@]}" : \
'--tcti=[The TPM, as libtss2 names it \[default\: device\:/dev/tpmrm0\]]:TCTI:_default' \
'--tpm-timeout=[Seconds that the TPM may take for a command, and four times as many to make a key \[default\: 30\]]:SECONDS:_default' \
'--dir=[The state folder \[default\: /var/lib/counterfoil/VENDOR, by the vendor'\''s id\]]:DIR:_files' \
'--trust=[The vendor'\''s root public key, PEM]:FILE:_files' \
'--slot=[The store'\''s number on this machine \[default\: 0, the machine-wide one\]]:N:_default' \
'--product=[Accept licenses for this product only]:NAME:_default' \
'--app-version=[The application'\''s version, where licenses cover a range of versions]:VERSION:_default' \
'--config=[The config file, TOML \[default\: /etc/counterfoil.toml where there is one\]]:FILE:_files' \
'--json[Print JSON instead of text]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(check)
_arguments "${_arguments_options[@]}" : \
'--tcti=[The TPM, as libtss2 names it \[default\: device\:/dev/tpmrm0\]]:TCTI:_default' \
'--tpm-timeout=[Seconds that the TPM may take for a command, and four times as many to make a key \[default\: 30\]]:SECONDS:_default' \
'--dir=[The state folder \[default\: /var/lib/counterfoil/VENDOR, by the vendor'\''s id\]]:DIR:_files' \
'--trust=[The vendor'\''s root public key, PEM]:FILE:_files' \
'--slot=[The store'\''s number on this machine \[default\: 0, the machine-wide one\]]:N:_default' \
'--product=[Accept licenses for this product only]:NAME:_default' \
'--app-version=[The application'\''s version, where licenses cover a range of versions]:VERSION:_default' \
'--config=[The config file, TOML \[default\: /etc/counterfoil.toml where there is one\]]:FILE:_files' \
'--json[Print JSON instead of text]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
':feature -- The feature:_default' \
&& ret=0
;;
(evidence)
_arguments "${_arguments_options[@]}" : \
'--nonce=[The asker'\''s random nonce, 64 hexadecimal digits]:HEX:_default' \
'-o+[Where the evidence goes]:FILE:_files' \
'--output=[Where the evidence goes]:FILE:_files' \
'--tcti=[The TPM, as libtss2 names it \[default\: device\:/dev/tpmrm0\]]:TCTI:_default' \
'--tpm-timeout=[Seconds that the TPM may take for a command, and four times as many to make a key \[default\: 30\]]:SECONDS:_default' \
'--dir=[The state folder \[default\: /var/lib/counterfoil/VENDOR, by the vendor'\''s id\]]:DIR:_files' \
'--trust=[The vendor'\''s root public key, PEM]:FILE:_files' \
'--slot=[The store'\''s number on this machine \[default\: 0, the machine-wide one\]]:N:_default' \
'--product=[Accept licenses for this product only]:NAME:_default' \
'--app-version=[The application'\''s version, where licenses cover a range of versions]:VERSION:_default' \
'--config=[The config file, TOML \[default\: /etc/counterfoil.toml where there is one\]]:FILE:_files' \
'--cmw[Wrap it as a CMW record, for verifiers of the IETF'\''s RATS architecture]' \
'--json[Print JSON instead of text]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(explain)
_arguments "${_arguments_options[@]}" : \
'--tcti=[The TPM, as libtss2 names it \[default\: device\:/dev/tpmrm0\]]:TCTI:_default' \
'--tpm-timeout=[Seconds that the TPM may take for a command, and four times as many to make a key \[default\: 30\]]:SECONDS:_default' \
'--dir=[The state folder \[default\: /var/lib/counterfoil/VENDOR, by the vendor'\''s id\]]:DIR:_files' \
'--trust=[The vendor'\''s root public key, PEM]:FILE:_files' \
'--slot=[The store'\''s number on this machine \[default\: 0, the machine-wide one\]]:N:_default' \
'--product=[Accept licenses for this product only]:NAME:_default' \
'--app-version=[The application'\''s version, where licenses cover a range of versions]:VERSION:_default' \
'--config=[The config file, TOML \[default\: /etc/counterfoil.toml where there is one\]]:FILE:_files' \
'--json[Print JSON instead of text]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(log)
_arguments "${_arguments_options[@]}" : \
'--tcti=[The TPM, as libtss2 names it \[default\: device\:/dev/tpmrm0\]]:TCTI:_default' \
'--tpm-timeout=[Seconds that the TPM may take for a command, and four times as many to make a key \[default\: 30\]]:SECONDS:_default' \
'--dir=[The state folder \[default\: /var/lib/counterfoil/VENDOR, by the vendor'\''s id\]]:DIR:_files' \
'--trust=[The vendor'\''s root public key, PEM]:FILE:_files' \
'--slot=[The store'\''s number on this machine \[default\: 0, the machine-wide one\]]:N:_default' \
'--product=[Accept licenses for this product only]:NAME:_default' \
'--app-version=[The application'\''s version, where licenses cover a range of versions]:VERSION:_default' \
'--config=[The config file, TOML \[default\: /etc/counterfoil.toml where there is one\]]:FILE:_files' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
":: :_counterfoil__subcmd__log_commands" \
"*::: :->log" \
&& ret=0

    case $state in
    (log)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-log-command-$line[1]:"
        case $line[1] in
            (verify)
_arguments "${_arguments_options[@]}" : \
'--tcti=[The TPM, as libtss2 names it \[default\: device\:/dev/tpmrm0\]]:TCTI:_default' \
'--tpm-timeout=[Seconds that the TPM may take for a command, and four times as many to make a key \[default\: 30\]]:SECONDS:_default' \
'--dir=[The state folder \[default\: /var/lib/counterfoil/VENDOR, by the vendor'\''s id\]]:DIR:_files' \
'--trust=[The vendor'\''s root public key, PEM]:FILE:_files' \
'--slot=[The store'\''s number on this machine \[default\: 0, the machine-wide one\]]:N:_default' \
'--product=[Accept licenses for this product only]:NAME:_default' \
'--app-version=[The application'\''s version, where licenses cover a range of versions]:VERSION:_default' \
'--config=[The config file, TOML \[default\: /etc/counterfoil.toml where there is one\]]:FILE:_files' \
'--json[Print JSON instead of text]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(show)
_arguments "${_arguments_options[@]}" : \
'--tcti=[The TPM, as libtss2 names it \[default\: device\:/dev/tpmrm0\]]:TCTI:_default' \
'--tpm-timeout=[Seconds that the TPM may take for a command, and four times as many to make a key \[default\: 30\]]:SECONDS:_default' \
'--dir=[The state folder \[default\: /var/lib/counterfoil/VENDOR, by the vendor'\''s id\]]:DIR:_files' \
'--trust=[The vendor'\''s root public key, PEM]:FILE:_files' \
'--slot=[The store'\''s number on this machine \[default\: 0, the machine-wide one\]]:N:_default' \
'--product=[Accept licenses for this product only]:NAME:_default' \
'--app-version=[The application'\''s version, where licenses cover a range of versions]:VERSION:_default' \
'--config=[The config file, TOML \[default\: /etc/counterfoil.toml where there is one\]]:FILE:_files' \
'--json[Print JSON instead of text]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_counterfoil__subcmd__log__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-log-help-command-$line[1]:"
        case $line[1] in
            (verify)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(show)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
        esac
    ;;
esac
;;
(inspect)
_arguments "${_arguments_options[@]}" : \
'--tcti=[The TPM, as libtss2 names it \[default\: device\:/dev/tpmrm0\]]:TCTI:_default' \
'--tpm-timeout=[Seconds that the TPM may take for a command, and four times as many to make a key \[default\: 30\]]:SECONDS:_default' \
'--dir=[The state folder \[default\: /var/lib/counterfoil/VENDOR, by the vendor'\''s id\]]:DIR:_files' \
'--trust=[The vendor'\''s root public key, PEM]:FILE:_files' \
'--slot=[The store'\''s number on this machine \[default\: 0, the machine-wide one\]]:N:_default' \
'--product=[Accept licenses for this product only]:NAME:_default' \
'--app-version=[The application'\''s version, where licenses cover a range of versions]:VERSION:_default' \
'--config=[The config file, TOML \[default\: /etc/counterfoil.toml where there is one\]]:FILE:_files' \
'--json[Print JSON instead of text]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
':file -- The file; - is standard input:_files' \
&& ret=0
;;
(completions)
_arguments "${_arguments_options[@]}" : \
'--tcti=[The TPM, as libtss2 names it \[default\: device\:/dev/tpmrm0\]]:TCTI:_default' \
'--tpm-timeout=[Seconds that the TPM may take for a command, and four times as many to make a key \[default\: 30\]]:SECONDS:_default' \
'--dir=[The state folder \[default\: /var/lib/counterfoil/VENDOR, by the vendor'\''s id\]]:DIR:_files' \
'--trust=[The vendor'\''s root public key, PEM]:FILE:_files' \
'--slot=[The store'\''s number on this machine \[default\: 0, the machine-wide one\]]:N:_default' \
'--product=[Accept licenses for this product only]:NAME:_default' \
'--app-version=[The application'\''s version, where licenses cover a range of versions]:VERSION:_default' \
'--config=[The config file, TOML \[default\: /etc/counterfoil.toml where there is one\]]:FILE:_files' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
':shell -- The shell:(bash elvish fish powershell zsh)' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_counterfoil__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-help-command-$line[1]:"
        case $line[1] in
            (doctor)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(provision)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(deprovision)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(activate)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(requests)
_arguments "${_arguments_options[@]}" : \
":: :_counterfoil__subcmd__help__subcmd__requests_commands" \
"*::: :->requests" \
&& ret=0

    case $state in
    (requests)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-help-requests-command-$line[1]:"
        case $line[1] in
            (list)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(drop)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
(status)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(check)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(evidence)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(explain)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(log)
_arguments "${_arguments_options[@]}" : \
":: :_counterfoil__subcmd__help__subcmd__log_commands" \
"*::: :->log" \
&& ret=0

    case $state in
    (log)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-help-log-command-$line[1]:"
        case $line[1] in
            (verify)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(show)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
(inspect)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(completions)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
        esac
    ;;
esac
}

(( $+functions[_counterfoil_commands] )) ||
_counterfoil_commands() {
    local commands; commands=(
'doctor:Say whether this machine is ready for licenses, and what to do where it is not' \
'provision:Make the keys and counters of the store in the TPM; activation does it by itself where no password is needed' \
'deprovision:Remove the store from TPM and disk; its licenses, which it lists first, are gone for good' \
'activate:Ask the vendor for a license, or apply the vendor'\''s response' \
'requests:The requests for licenses that the vendor'\''s answer was not applied to yet' \
'status:Show the licenses of this machine\: what is on, until when, and each check' \
'check:Ask whether a feature is on' \
'evidence:Have the TPM prove to somebody else which licenses this machine holds' \
'explain:Tell what is stored on this machine, what is sent to the vendor, and how long everything works without' \
'log:The record, on this machine, of what was decided about its licenses' \
'inspect:Show any Counterfoil file in plain words; needs no TPM and verifies nothing' \
'completions:Print a completion script for a shell' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'counterfoil commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__activate_commands] )) ||
_counterfoil__subcmd__activate_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil activate commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__check_commands] )) ||
_counterfoil__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil check commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__completions_commands] )) ||
_counterfoil__subcmd__completions_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil completions commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__deprovision_commands] )) ||
_counterfoil__subcmd__deprovision_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil deprovision commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__doctor_commands] )) ||
_counterfoil__subcmd__doctor_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil doctor commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__evidence_commands] )) ||
_counterfoil__subcmd__evidence_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil evidence commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__explain_commands] )) ||
_counterfoil__subcmd__explain_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil explain commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__help_commands] )) ||
_counterfoil__subcmd__help_commands() {
    local commands; commands=(
'doctor:Say whether this machine is ready for licenses, and what to do where it is not' \
'provision:Make the keys and counters of the store in the TPM; activation does it by itself where no password is needed' \
'deprovision:Remove the store from TPM and disk; its licenses, which it lists first, are gone for good' \
'activate:Ask the vendor for a license, or apply the vendor'\''s response' \
'requests:The requests for licenses that the vendor'\''s answer was not applied to yet' \
'status:Show the licenses of this machine\: what is on, until when, and each check' \
'check:Ask whether a feature is on' \
'evidence:Have the TPM prove to somebody else which licenses this machine holds' \
'explain:Tell what is stored on this machine, what is sent to the vendor, and how long everything works without' \
'log:The record, on this machine, of what was decided about its licenses' \
'inspect:Show any Counterfoil file in plain words; needs no TPM and verifies nothing' \
'completions:Print a completion script for a shell' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'counterfoil help commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__help__subcmd__activate_commands] )) ||
_counterfoil__subcmd__help__subcmd__activate_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil help activate commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__help__subcmd__check_commands] )) ||
_counterfoil__subcmd__help__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil help check commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__help__subcmd__completions_commands] )) ||
_counterfoil__subcmd__help__subcmd__completions_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil help completions commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__help__subcmd__deprovision_commands] )) ||
_counterfoil__subcmd__help__subcmd__deprovision_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil help deprovision commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__help__subcmd__doctor_commands] )) ||
_counterfoil__subcmd__help__subcmd__doctor_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil help doctor commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__help__subcmd__evidence_commands] )) ||
_counterfoil__subcmd__help__subcmd__evidence_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil help evidence commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__help__subcmd__explain_commands] )) ||
_counterfoil__subcmd__help__subcmd__explain_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil help explain commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__help__subcmd__help_commands] )) ||
_counterfoil__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil help help commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__help__subcmd__inspect_commands] )) ||
_counterfoil__subcmd__help__subcmd__inspect_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil help inspect commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__help__subcmd__log_commands] )) ||
_counterfoil__subcmd__help__subcmd__log_commands() {
    local commands; commands=(
'verify:Say whether the log is what this program wrote' \
'show:Show the entries, oldest first' \
    )
    _describe -t commands 'counterfoil help log commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__help__subcmd__log__subcmd__show_commands] )) ||
_counterfoil__subcmd__help__subcmd__log__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil help log show commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__help__subcmd__log__subcmd__verify_commands] )) ||
_counterfoil__subcmd__help__subcmd__log__subcmd__verify_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil help log verify commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__help__subcmd__provision_commands] )) ||
_counterfoil__subcmd__help__subcmd__provision_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil help provision commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__help__subcmd__requests_commands] )) ||
_counterfoil__subcmd__help__subcmd__requests_commands() {
    local commands; commands=(
'list:Show them, oldest first' \
'drop:Forget one\: the vendor'\''s answer to it can no longer be applied; no license is touched' \
    )
    _describe -t commands 'counterfoil help requests commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__help__subcmd__requests__subcmd__drop_commands] )) ||
_counterfoil__subcmd__help__subcmd__requests__subcmd__drop_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil help requests drop commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__help__subcmd__requests__subcmd__list_commands] )) ||
_counterfoil__subcmd__help__subcmd__requests__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil help requests list commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__help__subcmd__status_commands] )) ||
_counterfoil__subcmd__help__subcmd__status_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil help status commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__inspect_commands] )) ||
_counterfoil__subcmd__inspect_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil inspect commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__log_commands] )) ||
_counterfoil__subcmd__log_commands() {
    local commands; commands=(
'verify:Say whether the log is what this program wrote' \
'show:Show the entries, oldest first' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'counterfoil log commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__log__subcmd__help_commands] )) ||
_counterfoil__subcmd__log__subcmd__help_commands() {
    local commands; commands=(
'verify:Say whether the log is what this program wrote' \
'show:Show the entries, oldest first' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'counterfoil log help commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__log__subcmd__help__subcmd__help_commands] )) ||
_counterfoil__subcmd__log__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil log help help commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__log__subcmd__help__subcmd__show_commands] )) ||
_counterfoil__subcmd__log__subcmd__help__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil log help show commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__log__subcmd__help__subcmd__verify_commands] )) ||
_counterfoil__subcmd__log__subcmd__help__subcmd__verify_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil log help verify commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__log__subcmd__show_commands] )) ||
_counterfoil__subcmd__log__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil log show commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__log__subcmd__verify_commands] )) ||
_counterfoil__subcmd__log__subcmd__verify_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil log verify commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__provision_commands] )) ||
_counterfoil__subcmd__provision_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil provision commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__requests_commands] )) ||
_counterfoil__subcmd__requests_commands() {
    local commands; commands=(
'list:Show them, oldest first' \
'drop:Forget one\: the vendor'\''s answer to it can no longer be applied; no license is touched' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'counterfoil requests commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__requests__subcmd__drop_commands] )) ||
_counterfoil__subcmd__requests__subcmd__drop_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil requests drop commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__requests__subcmd__help_commands] )) ||
_counterfoil__subcmd__requests__subcmd__help_commands() {
    local commands; commands=(
'list:Show them, oldest first' \
'drop:Forget one\: the vendor'\''s answer to it can no longer be applied; no license is touched' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'counterfoil requests help commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__requests__subcmd__help__subcmd__drop_commands] )) ||
_counterfoil__subcmd__requests__subcmd__help__subcmd__drop_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil requests help drop commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__requests__subcmd__help__subcmd__help_commands] )) ||
_counterfoil__subcmd__requests__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil requests help help commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__requests__subcmd__help__subcmd__list_commands] )) ||
_counterfoil__subcmd__requests__subcmd__help__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil requests help list commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__requests__subcmd__list_commands] )) ||
_counterfoil__subcmd__requests__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil requests list commands' commands "$@"
}
(( $+functions[_counterfoil__subcmd__status_commands] )) ||
_counterfoil__subcmd__status_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil status commands' commands "$@"
}

if [ "$funcstack[1]" = "_counterfoil" ]; then
    _counterfoil "$@"
else
    compdef _counterfoil counterfoil
fi
