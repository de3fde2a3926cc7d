//! Rules in which nothing is a default.

pub(crate) const FULL: &str = r#"
enforcement = "advisory"

[support]
contact = "help@example.com"

[window_days]
hardware = 60
test = 7

[[tier]]
name = "essential"
features = ["open"]

[[tier]]
name = "pro"
features = ["edit", "sync"]

[keep]
offline_grace = "pro"
limited = "essential"
expired = "none"
suspended = "none"
revoked = "none"

[time]
grace_percent = 10
renew_after_percent = 40
recheck_seconds = 60
restarts_allowed = 20
unclean_loss_ms = 524_288
boot_budget = 90

[[time.tpm]]
manufacturer = "IFX"
model = "SLB9670"
unclean_loss_ms = 16384

[[time.tpm]]
manufacturer = "AMD"
unclean_loss_ms = 4096

[versions]
min = "1.2"
max = "3"

[state]
missing = "limited"
rolled_back = "suspended"

[wind_down]
minutes = 15

[validity]
days = 365

[pcr]
pcrs = [0, 7]
reference = "list"
approved = ["00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"]
on_change = "limited"
approval = "automatic"

[step_up]
features = ["edit"]
contact_days = 14
after = ["platform_changed", "os_clock"]

[cold_standby]
keep_days = 400
run_days = 20

[messages.de.offline_grace]
message = "Bitte bis zum {offline_until} online gehen."

[messages.en.boots_spent]
message = "Too many starts."
step = "Call {support}."

[[allowance]]
segment = "university"
window_days = 120
seats_extra = 5

[[allowance]]
license = "0102030405060708"
window_days = 90
moves_per_year = 12

[[allowance]]
user = "ada"
seats_extra = 1
"#;
