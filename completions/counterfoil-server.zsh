#compdef counterfoil-server

autoload -U is-at-least

_counterfoil-server() {
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
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
'-V[Print version]' \
'--version[Print version]' \
":: :_counterfoil-server_commands" \
"*::: :->counterfoil-server" \
&& ret=0
    case $state in
    (counterfoil-server)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-server-command-$line[1]:"
        case $line[1] in
            (init)
_arguments "${_arguments_options[@]}" : \
'--name=[The vendor'\''s name, as machines show it]:NAME:_default' \
'--root-public=[Public half of a root that lives elsewhere; without it a root is made in DIR/root]:PEM:_files' \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(root)
_arguments "${_arguments_options[@]}" : \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
":: :_counterfoil-server__subcmd__root_commands" \
"*::: :->root" \
&& ret=0

    case $state in
    (root)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-server-root-command-$line[1]:"
        case $line[1] in
            (init)
_arguments "${_arguments_options[@]}" : \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(sign-bundle)
_arguments "${_arguments_options[@]}" : \
'--in=[The proposal, from the service'\''s folder]:PROPOSAL:_files' \
'--out=[Where the signed bundle goes; the service takes it up from DIR/bundle]:BUNDLE:_files' \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--yes[The proposal has been reviewed\: sign it]' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_counterfoil-server__subcmd__root__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-server-root-help-command-$line[1]:"
        case $line[1] in
            (init)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(sign-bundle)
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
(ek-root)
_arguments "${_arguments_options[@]}" : \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
":: :_counterfoil-server__subcmd__ek-root_commands" \
"*::: :->ek-root" \
&& ret=0

    case $state in
    (ek-root)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-server-ek-root-command-$line[1]:"
        case $line[1] in
            (add)
_arguments "${_arguments_options[@]}" : \
'--class=[Class of the machines below them]:CLASS:((hardware\:"A TPM chip or firmware TPM"
virtual\:"A TPM that a hypervisor provides"
registered\:"A TPM without a certificate, vouched for by \`ek allow\`"
test\:"A simulator"))' \
'--expired=[Whether a certificate below them that has ended still counts; a machine on record always does \[default\: accept\]]:RULE:((accept\:"They count, and \`answer\` says so"
refuse\:"New machines with one are refused"))' \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'(--class --expired)--crl[The file is a certificate revocation list]' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
':file -- Certificates\: PEM, DER or PKCS #7, one or many:_files' \
&& ret=0
;;
(list)
_arguments "${_arguments_options[@]}" : \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(remove)
_arguments "${_arguments_options[@]}" : \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
':fingerprint -- Its fingerprint, as `list` shows it:_default' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_counterfoil-server__subcmd__ek-root__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-server-ek-root-help-command-$line[1]:"
        case $line[1] in
            (add)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(list)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(remove)
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
(ek)
_arguments "${_arguments_options[@]}" : \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
":: :_counterfoil-server__subcmd__ek_commands" \
"*::: :->ek" \
&& ret=0

    case $state in
    (ek)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-server-ek-command-$line[1]:"
        case $line[1] in
            (allow)
_arguments "${_arguments_options[@]}" : \
'--note=[Which machine it is]:NOTE:_default' \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
':hash -- SHA-256 of the endorsement key, 64 hexadecimal digits:_default' \
&& ret=0
;;
(check)
_arguments "${_arguments_options[@]}" : \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
':file -- The certificate\: PEM, DER or PKCS #7:_files' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_counterfoil-server__subcmd__ek__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-server-ek-help-command-$line[1]:"
        case $line[1] in
            (allow)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(check)
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
(product)
_arguments "${_arguments_options[@]}" : \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
":: :_counterfoil-server__subcmd__product_commands" \
"*::: :->product" \
&& ret=0

    case $state in
    (product)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-server-product-command-$line[1]:"
        case $line[1] in
            (add)
_arguments "${_arguments_options[@]}" : \
'*--allow-class=[License machines of this class too, beside what the default rules license]:CLASS:((hardware\:"A TPM chip or firmware TPM"
virtual\:"A TPM that a hypervisor provides"
registered\:"A TPM without a certificate, vouched for by \`ek allow\`"
test\:"A simulator"))' \
'(--allow-class)--rules=[The rules to begin with, TOML, instead of the default ones]:FILE:_files' \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
':name -- Its name\: lower-case letters, digits, '\''.'\'', '\''-'\'' and '\''_'\'':_default' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_counterfoil-server__subcmd__product__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-server-product-help-command-$line[1]:"
        case $line[1] in
            (add)
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
(manifest)
_arguments "${_arguments_options[@]}" : \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
":: :_counterfoil-server__subcmd__manifest_commands" \
"*::: :->manifest" \
&& ret=0

    case $state in
    (manifest)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-server-manifest-command-$line[1]:"
        case $line[1] in
            (check)
_arguments "${_arguments_options[@]}" : \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
':file -- The rules, TOML:_files' \
&& ret=0
;;
(publish)
_arguments "${_arguments_options[@]}" : \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
':product -- The product:_default' \
':file -- The rules, TOML:_files' \
&& ret=0
;;
(rollback)
_arguments "${_arguments_options[@]}" : \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
':product -- The product:_default' \
':version -- The version to go back to:_default' \
&& ret=0
;;
(list)
_arguments "${_arguments_options[@]}" : \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
':product -- The product:_default' \
&& ret=0
;;
(show)
_arguments "${_arguments_options[@]}" : \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
':product -- The product:_default' \
'::version -- The version; the newest where none is given:_default' \
&& ret=0
;;
(diff)
_arguments "${_arguments_options[@]}" : \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
':before -- The rules before\: a file, PRODUCT (its newest version) or PRODUCT@VERSION:_default' \
':after -- The rules after, likewise:_default' \
&& ret=0
;;
(explain)
_arguments "${_arguments_options[@]}" : \
'--class=[Machines of this class only]:CLASS:((hardware\:"A TPM chip or firmware TPM"
virtual\:"A TPM that a hypervisor provides"
registered\:"A TPM without a certificate, vouched for by \`ek allow\`"
test\:"A simulator"))' \
'--edition=[Licenses of this edition only]:NAME:_default' \
'--contact=[When the machine was last in contact, RFC 3339 or a day; now if it is not given]:DATE:_default' \
'--language=[The language of what a user reads, \`en\` or \`de\`]:TAG:_default' \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
':rules -- The rules\: a file, PRODUCT (its newest version) or PRODUCT@VERSION:_default' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_counterfoil-server__subcmd__manifest__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-server-manifest-help-command-$line[1]:"
        case $line[1] in
            (check)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(publish)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(rollback)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(list)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(show)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(diff)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(explain)
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
(license)
_arguments "${_arguments_options[@]}" : \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
":: :_counterfoil-server__subcmd__license_commands" \
"*::: :->license" \
&& ret=0

    case $state in
    (license)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-server-license-command-$line[1]:"
        case $line[1] in
            (create)
_arguments "${_arguments_options[@]}" : \
'--product=[The product]:NAME:_default' \
'--edition=[The edition]:NAME:_default' \
'*--features=[Features, separated by commas]:LIST:_default' \
'--seats=[On how many machines it may be active]:N:_default' \
'(--days)--expires=[End of validity, RFC 3339; a day alone is its beginning in UTC]:DATE:_default' \
'--days=[End of validity, in days from now; without either the license is perpetual]:N:_default' \
'--segment=[Your own name for a group of customers, for allowances; kept here only]:NAME:_default' \
'--user=[Your own pseudonym for whom it is, for allowances, such as customer-1042; kept here only]:NAME:_default' \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--standby[It is for machines that are kept switched off until they are needed]' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(list)
_arguments "${_arguments_options[@]}" : \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(show)
_arguments "${_arguments_options[@]}" : \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
':id -- Its id, as `list` shows it:_default' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_counterfoil-server__subcmd__license__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-server-license-help-command-$line[1]:"
        case $line[1] in
            (create)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(list)
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
(clock)
_arguments "${_arguments_options[@]}" : \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
":: :_counterfoil-server__subcmd__clock_commands" \
"*::: :->clock" \
&& ret=0

    case $state in
    (clock)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-server-clock-command-$line[1]:"
        case $line[1] in
            (show)
_arguments "${_arguments_options[@]}" : \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(accept)
_arguments "${_arguments_options[@]}" : \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(correct)
_arguments "${_arguments_options[@]}" : \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--yes[The clock is right, and the later dates are wrong]' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_counterfoil-server__subcmd__clock__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-server-clock-help-command-$line[1]:"
        case $line[1] in
            (show)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(accept)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(correct)
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
(seat)
_arguments "${_arguments_options[@]}" : \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
":: :_counterfoil-server__subcmd__seat_commands" \
"*::: :->seat" \
&& ret=0

    case $state in
    (seat)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-server-seat-command-$line[1]:"
        case $line[1] in
            (list)
_arguments "${_arguments_options[@]}" : \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
':license -- The license, as `license list` shows it:_default' \
&& ret=0
;;
(free)
_arguments "${_arguments_options[@]}" : \
'--device=[The machine, as \`seat list\` shows it]:HASH:_default' \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--yes[Even if the machine has shown that it has the license, and can go on using it until its lease ends]' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
':license -- The license, as `license list` shows it:_default' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_counterfoil-server__subcmd__seat__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-server-seat-help-command-$line[1]:"
        case $line[1] in
            (list)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(free)
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
(device)
_arguments "${_arguments_options[@]}" : \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
":: :_counterfoil-server__subcmd__device_commands" \
"*::: :->device" \
&& ret=0

    case $state in
    (device)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-server-device-command-$line[1]:"
        case $line[1] in
            (approve-platform)
_arguments "${_arguments_options[@]}" : \
'--device=[The machine, as \`license show\` lists it; need not be given where the license is on one machine]:HASH:_default' \
'--digest=[What the machine measures now, as the refusal says it]:HEX:_default' \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
':license -- The license, as `license list` shows it:_default' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_counterfoil-server__subcmd__device__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-server-device-help-command-$line[1]:"
        case $line[1] in
            (approve-platform)
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
(answer)
_arguments "${_arguments_options[@]}" : \
'-o+[Where the response goes; a folder if FILE is one]:FILE:_files' \
'--output=[Where the response goes; a folder if FILE is one]:FILE:_files' \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
':request -- The request file, or a folder of them:_files' \
&& ret=0
;;
(verify-evidence)
_arguments "${_arguments_options[@]}" : \
'--nonce=[The nonce that the machine was asked to cover, 64 hexadecimal digits]:HEX:_default' \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
':file -- The evidence file, as it is or in a CMW record:_files' \
&& ret=0
;;
(completions)
_arguments "${_arguments_options[@]}" : \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
':shell -- The shell:(bash elvish fish powershell zsh)' \
&& ret=0
;;
(man)
_arguments "${_arguments_options[@]}" : \
'--dir=[Folder of the service (of the root, for \`root\` verbs)]:DIR:_files' \
'--passphrase-file=[File whose first line encrypts the private keys; without it they are kept in plain]:FILE:_files' \
'--clock-is-right[This machine'\''s clock is right, even if it is more than a day ahead of all that was signed]' \
'--json[Print JSON instead of text]' \
'-h[Print help]' \
'--help[Print help]' \
':folder -- The folder:_files' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_counterfoil-server__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-server-help-command-$line[1]:"
        case $line[1] in
            (init)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(root)
_arguments "${_arguments_options[@]}" : \
":: :_counterfoil-server__subcmd__help__subcmd__root_commands" \
"*::: :->root" \
&& ret=0

    case $state in
    (root)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-server-help-root-command-$line[1]:"
        case $line[1] in
            (init)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(sign-bundle)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
(ek-root)
_arguments "${_arguments_options[@]}" : \
":: :_counterfoil-server__subcmd__help__subcmd__ek-root_commands" \
"*::: :->ek-root" \
&& ret=0

    case $state in
    (ek-root)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-server-help-ek-root-command-$line[1]:"
        case $line[1] in
            (add)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(list)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(remove)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
(ek)
_arguments "${_arguments_options[@]}" : \
":: :_counterfoil-server__subcmd__help__subcmd__ek_commands" \
"*::: :->ek" \
&& ret=0

    case $state in
    (ek)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-server-help-ek-command-$line[1]:"
        case $line[1] in
            (allow)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(check)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
(product)
_arguments "${_arguments_options[@]}" : \
":: :_counterfoil-server__subcmd__help__subcmd__product_commands" \
"*::: :->product" \
&& ret=0

    case $state in
    (product)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-server-help-product-command-$line[1]:"
        case $line[1] in
            (add)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
(manifest)
_arguments "${_arguments_options[@]}" : \
":: :_counterfoil-server__subcmd__help__subcmd__manifest_commands" \
"*::: :->manifest" \
&& ret=0

    case $state in
    (manifest)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-server-help-manifest-command-$line[1]:"
        case $line[1] in
            (check)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(publish)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(rollback)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(list)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(show)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(diff)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(explain)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
(license)
_arguments "${_arguments_options[@]}" : \
":: :_counterfoil-server__subcmd__help__subcmd__license_commands" \
"*::: :->license" \
&& ret=0

    case $state in
    (license)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-server-help-license-command-$line[1]:"
        case $line[1] in
            (create)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(list)
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
(clock)
_arguments "${_arguments_options[@]}" : \
":: :_counterfoil-server__subcmd__help__subcmd__clock_commands" \
"*::: :->clock" \
&& ret=0

    case $state in
    (clock)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-server-help-clock-command-$line[1]:"
        case $line[1] in
            (show)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(accept)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(correct)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
(seat)
_arguments "${_arguments_options[@]}" : \
":: :_counterfoil-server__subcmd__help__subcmd__seat_commands" \
"*::: :->seat" \
&& ret=0

    case $state in
    (seat)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-server-help-seat-command-$line[1]:"
        case $line[1] in
            (list)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(free)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
(device)
_arguments "${_arguments_options[@]}" : \
":: :_counterfoil-server__subcmd__help__subcmd__device_commands" \
"*::: :->device" \
&& ret=0

    case $state in
    (device)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:counterfoil-server-help-device-command-$line[1]:"
        case $line[1] in
            (approve-platform)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
(answer)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(verify-evidence)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(completions)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(man)
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

(( $+functions[_counterfoil-server_commands] )) ||
_counterfoil-server_commands() {
    local commands; commands=(
'init:Make a new service folder with its keys and a first trust bundle' \
'root:The vendor root, which signs the trust bundle and may live on another machine' \
'ek-root:The certificates that TPMs'\'' endorsement keys are traced to' \
'ek:Single endorsement keys' \
'product:Products' \
'manifest:The rules of a product\: what is promised, and what stays on when something is wrong' \
'license:Licenses' \
'clock:The dates that were signed, and this machine'\''s clock' \
'seat:The seats of a license\: which machines have one, and freeing one' \
'device:Machines that hold licenses' \
'answer:Answer a request file, or every request file of a folder' \
'verify-evidence:Say what an evidence file proves, or which check it fails' \
'completions:Print a completion script for a shell' \
'man:Write the manual pages into a folder' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'counterfoil-server commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__answer_commands] )) ||
_counterfoil-server__subcmd__answer_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server answer commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__clock_commands] )) ||
_counterfoil-server__subcmd__clock_commands() {
    local commands; commands=(
'show:Show the clock and the newest date that was signed' \
'accept:Say that the clock is right, although it is more than a day ahead of all that was signed' \
'correct:Void every date after now that was signed, with a clock that was wrong' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'counterfoil-server clock commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__clock__subcmd__accept_commands] )) ||
_counterfoil-server__subcmd__clock__subcmd__accept_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server clock accept commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__clock__subcmd__correct_commands] )) ||
_counterfoil-server__subcmd__clock__subcmd__correct_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server clock correct commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__clock__subcmd__help_commands] )) ||
_counterfoil-server__subcmd__clock__subcmd__help_commands() {
    local commands; commands=(
'show:Show the clock and the newest date that was signed' \
'accept:Say that the clock is right, although it is more than a day ahead of all that was signed' \
'correct:Void every date after now that was signed, with a clock that was wrong' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'counterfoil-server clock help commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__clock__subcmd__help__subcmd__accept_commands] )) ||
_counterfoil-server__subcmd__clock__subcmd__help__subcmd__accept_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server clock help accept commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__clock__subcmd__help__subcmd__correct_commands] )) ||
_counterfoil-server__subcmd__clock__subcmd__help__subcmd__correct_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server clock help correct commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__clock__subcmd__help__subcmd__help_commands] )) ||
_counterfoil-server__subcmd__clock__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server clock help help commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__clock__subcmd__help__subcmd__show_commands] )) ||
_counterfoil-server__subcmd__clock__subcmd__help__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server clock help show commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__clock__subcmd__show_commands] )) ||
_counterfoil-server__subcmd__clock__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server clock show commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__completions_commands] )) ||
_counterfoil-server__subcmd__completions_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server completions commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__device_commands] )) ||
_counterfoil-server__subcmd__device_commands() {
    local commands; commands=(
'approve-platform:Approve, once, what a machine'\''s firmware or boot software changed to, where the rules watch them' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'counterfoil-server device commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__device__subcmd__approve-platform_commands] )) ||
_counterfoil-server__subcmd__device__subcmd__approve-platform_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server device approve-platform commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__device__subcmd__help_commands] )) ||
_counterfoil-server__subcmd__device__subcmd__help_commands() {
    local commands; commands=(
'approve-platform:Approve, once, what a machine'\''s firmware or boot software changed to, where the rules watch them' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'counterfoil-server device help commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__device__subcmd__help__subcmd__approve-platform_commands] )) ||
_counterfoil-server__subcmd__device__subcmd__help__subcmd__approve-platform_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server device help approve-platform commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__device__subcmd__help__subcmd__help_commands] )) ||
_counterfoil-server__subcmd__device__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server device help help commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__ek_commands] )) ||
_counterfoil-server__subcmd__ek_commands() {
    local commands; commands=(
'allow:Vouch for a TPM without a certificate (class \`registered\`)' \
'check:Say what an endorsement certificate leads to, and why\: what a machine with it would be recognized as' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'counterfoil-server ek commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__ek__subcmd__allow_commands] )) ||
_counterfoil-server__subcmd__ek__subcmd__allow_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server ek allow commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__ek__subcmd__check_commands] )) ||
_counterfoil-server__subcmd__ek__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server ek check commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__ek__subcmd__help_commands] )) ||
_counterfoil-server__subcmd__ek__subcmd__help_commands() {
    local commands; commands=(
'allow:Vouch for a TPM without a certificate (class \`registered\`)' \
'check:Say what an endorsement certificate leads to, and why\: what a machine with it would be recognized as' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'counterfoil-server ek help commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__ek__subcmd__help__subcmd__allow_commands] )) ||
_counterfoil-server__subcmd__ek__subcmd__help__subcmd__allow_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server ek help allow commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__ek__subcmd__help__subcmd__check_commands] )) ||
_counterfoil-server__subcmd__ek__subcmd__help__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server ek help check commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__ek__subcmd__help__subcmd__help_commands] )) ||
_counterfoil-server__subcmd__ek__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server ek help help commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__ek-root_commands] )) ||
_counterfoil-server__subcmd__ek-root_commands() {
    local commands; commands=(
'add:Trust the TPMs below these certificates, or add a revocation list of their maker' \
'list:Show the trusted certificates' \
'remove:Trust a certificate no longer; machines already licensed keep their licenses' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'counterfoil-server ek-root commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__ek-root__subcmd__add_commands] )) ||
_counterfoil-server__subcmd__ek-root__subcmd__add_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server ek-root add commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__ek-root__subcmd__help_commands] )) ||
_counterfoil-server__subcmd__ek-root__subcmd__help_commands() {
    local commands; commands=(
'add:Trust the TPMs below these certificates, or add a revocation list of their maker' \
'list:Show the trusted certificates' \
'remove:Trust a certificate no longer; machines already licensed keep their licenses' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'counterfoil-server ek-root help commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__ek-root__subcmd__help__subcmd__add_commands] )) ||
_counterfoil-server__subcmd__ek-root__subcmd__help__subcmd__add_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server ek-root help add commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__ek-root__subcmd__help__subcmd__help_commands] )) ||
_counterfoil-server__subcmd__ek-root__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server ek-root help help commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__ek-root__subcmd__help__subcmd__list_commands] )) ||
_counterfoil-server__subcmd__ek-root__subcmd__help__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server ek-root help list commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__ek-root__subcmd__help__subcmd__remove_commands] )) ||
_counterfoil-server__subcmd__ek-root__subcmd__help__subcmd__remove_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server ek-root help remove commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__ek-root__subcmd__list_commands] )) ||
_counterfoil-server__subcmd__ek-root__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server ek-root list commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__ek-root__subcmd__remove_commands] )) ||
_counterfoil-server__subcmd__ek-root__subcmd__remove_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server ek-root remove commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help_commands] )) ||
_counterfoil-server__subcmd__help_commands() {
    local commands; commands=(
'init:Make a new service folder with its keys and a first trust bundle' \
'root:The vendor root, which signs the trust bundle and may live on another machine' \
'ek-root:The certificates that TPMs'\'' endorsement keys are traced to' \
'ek:Single endorsement keys' \
'product:Products' \
'manifest:The rules of a product\: what is promised, and what stays on when something is wrong' \
'license:Licenses' \
'clock:The dates that were signed, and this machine'\''s clock' \
'seat:The seats of a license\: which machines have one, and freeing one' \
'device:Machines that hold licenses' \
'answer:Answer a request file, or every request file of a folder' \
'verify-evidence:Say what an evidence file proves, or which check it fails' \
'completions:Print a completion script for a shell' \
'man:Write the manual pages into a folder' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'counterfoil-server help commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__answer_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__answer_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server help answer commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__clock_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__clock_commands() {
    local commands; commands=(
'show:Show the clock and the newest date that was signed' \
'accept:Say that the clock is right, although it is more than a day ahead of all that was signed' \
'correct:Void every date after now that was signed, with a clock that was wrong' \
    )
    _describe -t commands 'counterfoil-server help clock commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__clock__subcmd__accept_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__clock__subcmd__accept_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server help clock accept commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__clock__subcmd__correct_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__clock__subcmd__correct_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server help clock correct commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__clock__subcmd__show_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__clock__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server help clock show commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__completions_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__completions_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server help completions commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__device_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__device_commands() {
    local commands; commands=(
'approve-platform:Approve, once, what a machine'\''s firmware or boot software changed to, where the rules watch them' \
    )
    _describe -t commands 'counterfoil-server help device commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__device__subcmd__approve-platform_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__device__subcmd__approve-platform_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server help device approve-platform commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__ek_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__ek_commands() {
    local commands; commands=(
'allow:Vouch for a TPM without a certificate (class \`registered\`)' \
'check:Say what an endorsement certificate leads to, and why\: what a machine with it would be recognized as' \
    )
    _describe -t commands 'counterfoil-server help ek commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__ek__subcmd__allow_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__ek__subcmd__allow_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server help ek allow commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__ek__subcmd__check_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__ek__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server help ek check commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__ek-root_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__ek-root_commands() {
    local commands; commands=(
'add:Trust the TPMs below these certificates, or add a revocation list of their maker' \
'list:Show the trusted certificates' \
'remove:Trust a certificate no longer; machines already licensed keep their licenses' \
    )
    _describe -t commands 'counterfoil-server help ek-root commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__ek-root__subcmd__add_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__ek-root__subcmd__add_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server help ek-root add commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__ek-root__subcmd__list_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__ek-root__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server help ek-root list commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__ek-root__subcmd__remove_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__ek-root__subcmd__remove_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server help ek-root remove commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__help_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server help help commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__init_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__init_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server help init commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__license_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__license_commands() {
    local commands; commands=(
'create:Make a license and print its key, once' \
'list:Show all licenses' \
'show:Show one license and the machines that hold its seats' \
    )
    _describe -t commands 'counterfoil-server help license commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__license__subcmd__create_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__license__subcmd__create_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server help license create commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__license__subcmd__list_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__license__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server help license list commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__license__subcmd__show_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__license__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server help license show commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__man_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__man_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server help man commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__manifest_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__manifest_commands() {
    local commands; commands=(
'check:Say what is wrong with rules, line by line, and what they make of some machines'\'' time' \
'publish:Put rules in force, as the next version, and say who gains or loses what' \
'rollback:Go back to the rules of an earlier version, which become the next version' \
'list:Show all versions of a product'\''s rules' \
'show:Show the rules of a version as they were written' \
'diff:Say in plain words who gains or loses what from some rules to others, and when' \
'explain:Show day by day what a user experiences without a network, and what follows from what goes wrong' \
    )
    _describe -t commands 'counterfoil-server help manifest commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__manifest__subcmd__check_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__manifest__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server help manifest check commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__manifest__subcmd__diff_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__manifest__subcmd__diff_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server help manifest diff commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__manifest__subcmd__explain_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__manifest__subcmd__explain_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server help manifest explain commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__manifest__subcmd__list_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__manifest__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server help manifest list commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__manifest__subcmd__publish_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__manifest__subcmd__publish_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server help manifest publish commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__manifest__subcmd__rollback_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__manifest__subcmd__rollback_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server help manifest rollback commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__manifest__subcmd__show_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__manifest__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server help manifest show commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__product_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__product_commands() {
    local commands; commands=(
'add:Add a product with the default rules, which it writes to DIR/manifests/NAME.toml' \
    )
    _describe -t commands 'counterfoil-server help product commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__product__subcmd__add_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__product__subcmd__add_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server help product add commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__root_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__root_commands() {
    local commands; commands=(
'init:Make a vendor root\: root.key, and root.pem for applications to embed' \
'sign-bundle:Review what a service proposes, and sign it' \
    )
    _describe -t commands 'counterfoil-server help root commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__root__subcmd__init_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__root__subcmd__init_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server help root init commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__root__subcmd__sign-bundle_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__root__subcmd__sign-bundle_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server help root sign-bundle commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__seat_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__seat_commands() {
    local commands; commands=(
'list:Show the seats of a license' \
'free:Free the seat of a machine, so that another machine can take it' \
    )
    _describe -t commands 'counterfoil-server help seat commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__seat__subcmd__free_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__seat__subcmd__free_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server help seat free commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__seat__subcmd__list_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__seat__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server help seat list commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__help__subcmd__verify-evidence_commands] )) ||
_counterfoil-server__subcmd__help__subcmd__verify-evidence_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server help verify-evidence commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__init_commands] )) ||
_counterfoil-server__subcmd__init_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server init commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__license_commands] )) ||
_counterfoil-server__subcmd__license_commands() {
    local commands; commands=(
'create:Make a license and print its key, once' \
'list:Show all licenses' \
'show:Show one license and the machines that hold its seats' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'counterfoil-server license commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__license__subcmd__create_commands] )) ||
_counterfoil-server__subcmd__license__subcmd__create_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server license create commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__license__subcmd__help_commands] )) ||
_counterfoil-server__subcmd__license__subcmd__help_commands() {
    local commands; commands=(
'create:Make a license and print its key, once' \
'list:Show all licenses' \
'show:Show one license and the machines that hold its seats' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'counterfoil-server license help commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__license__subcmd__help__subcmd__create_commands] )) ||
_counterfoil-server__subcmd__license__subcmd__help__subcmd__create_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server license help create commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__license__subcmd__help__subcmd__help_commands] )) ||
_counterfoil-server__subcmd__license__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server license help help commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__license__subcmd__help__subcmd__list_commands] )) ||
_counterfoil-server__subcmd__license__subcmd__help__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server license help list commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__license__subcmd__help__subcmd__show_commands] )) ||
_counterfoil-server__subcmd__license__subcmd__help__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server license help show commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__license__subcmd__list_commands] )) ||
_counterfoil-server__subcmd__license__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server license list commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__license__subcmd__show_commands] )) ||
_counterfoil-server__subcmd__license__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server license show commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__man_commands] )) ||
_counterfoil-server__subcmd__man_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server man commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__manifest_commands] )) ||
_counterfoil-server__subcmd__manifest_commands() {
    local commands; commands=(
'check:Say what is wrong with rules, line by line, and what they make of some machines'\'' time' \
'publish:Put rules in force, as the next version, and say who gains or loses what' \
'rollback:Go back to the rules of an earlier version, which become the next version' \
'list:Show all versions of a product'\''s rules' \
'show:Show the rules of a version as they were written' \
'diff:Say in plain words who gains or loses what from some rules to others, and when' \
'explain:Show day by day what a user experiences without a network, and what follows from what goes wrong' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'counterfoil-server manifest commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__manifest__subcmd__check_commands] )) ||
_counterfoil-server__subcmd__manifest__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server manifest check commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__manifest__subcmd__diff_commands] )) ||
_counterfoil-server__subcmd__manifest__subcmd__diff_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server manifest diff commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__manifest__subcmd__explain_commands] )) ||
_counterfoil-server__subcmd__manifest__subcmd__explain_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server manifest explain commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__manifest__subcmd__help_commands] )) ||
_counterfoil-server__subcmd__manifest__subcmd__help_commands() {
    local commands; commands=(
'check:Say what is wrong with rules, line by line, and what they make of some machines'\'' time' \
'publish:Put rules in force, as the next version, and say who gains or loses what' \
'rollback:Go back to the rules of an earlier version, which become the next version' \
'list:Show all versions of a product'\''s rules' \
'show:Show the rules of a version as they were written' \
'diff:Say in plain words who gains or loses what from some rules to others, and when' \
'explain:Show day by day what a user experiences without a network, and what follows from what goes wrong' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'counterfoil-server manifest help commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__manifest__subcmd__help__subcmd__check_commands] )) ||
_counterfoil-server__subcmd__manifest__subcmd__help__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server manifest help check commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__manifest__subcmd__help__subcmd__diff_commands] )) ||
_counterfoil-server__subcmd__manifest__subcmd__help__subcmd__diff_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server manifest help diff commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__manifest__subcmd__help__subcmd__explain_commands] )) ||
_counterfoil-server__subcmd__manifest__subcmd__help__subcmd__explain_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server manifest help explain commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__manifest__subcmd__help__subcmd__help_commands] )) ||
_counterfoil-server__subcmd__manifest__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server manifest help help commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__manifest__subcmd__help__subcmd__list_commands] )) ||
_counterfoil-server__subcmd__manifest__subcmd__help__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server manifest help list commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__manifest__subcmd__help__subcmd__publish_commands] )) ||
_counterfoil-server__subcmd__manifest__subcmd__help__subcmd__publish_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server manifest help publish commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__manifest__subcmd__help__subcmd__rollback_commands] )) ||
_counterfoil-server__subcmd__manifest__subcmd__help__subcmd__rollback_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server manifest help rollback commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__manifest__subcmd__help__subcmd__show_commands] )) ||
_counterfoil-server__subcmd__manifest__subcmd__help__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server manifest help show commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__manifest__subcmd__list_commands] )) ||
_counterfoil-server__subcmd__manifest__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server manifest list commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__manifest__subcmd__publish_commands] )) ||
_counterfoil-server__subcmd__manifest__subcmd__publish_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server manifest publish commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__manifest__subcmd__rollback_commands] )) ||
_counterfoil-server__subcmd__manifest__subcmd__rollback_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server manifest rollback commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__manifest__subcmd__show_commands] )) ||
_counterfoil-server__subcmd__manifest__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server manifest show commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__product_commands] )) ||
_counterfoil-server__subcmd__product_commands() {
    local commands; commands=(
'add:Add a product with the default rules, which it writes to DIR/manifests/NAME.toml' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'counterfoil-server product commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__product__subcmd__add_commands] )) ||
_counterfoil-server__subcmd__product__subcmd__add_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server product add commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__product__subcmd__help_commands] )) ||
_counterfoil-server__subcmd__product__subcmd__help_commands() {
    local commands; commands=(
'add:Add a product with the default rules, which it writes to DIR/manifests/NAME.toml' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'counterfoil-server product help commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__product__subcmd__help__subcmd__add_commands] )) ||
_counterfoil-server__subcmd__product__subcmd__help__subcmd__add_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server product help add commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__product__subcmd__help__subcmd__help_commands] )) ||
_counterfoil-server__subcmd__product__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server product help help commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__root_commands] )) ||
_counterfoil-server__subcmd__root_commands() {
    local commands; commands=(
'init:Make a vendor root\: root.key, and root.pem for applications to embed' \
'sign-bundle:Review what a service proposes, and sign it' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'counterfoil-server root commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__root__subcmd__help_commands] )) ||
_counterfoil-server__subcmd__root__subcmd__help_commands() {
    local commands; commands=(
'init:Make a vendor root\: root.key, and root.pem for applications to embed' \
'sign-bundle:Review what a service proposes, and sign it' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'counterfoil-server root help commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__root__subcmd__help__subcmd__help_commands] )) ||
_counterfoil-server__subcmd__root__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server root help help commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__root__subcmd__help__subcmd__init_commands] )) ||
_counterfoil-server__subcmd__root__subcmd__help__subcmd__init_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server root help init commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__root__subcmd__help__subcmd__sign-bundle_commands] )) ||
_counterfoil-server__subcmd__root__subcmd__help__subcmd__sign-bundle_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server root help sign-bundle commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__root__subcmd__init_commands] )) ||
_counterfoil-server__subcmd__root__subcmd__init_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server root init commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__root__subcmd__sign-bundle_commands] )) ||
_counterfoil-server__subcmd__root__subcmd__sign-bundle_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server root sign-bundle commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__seat_commands] )) ||
_counterfoil-server__subcmd__seat_commands() {
    local commands; commands=(
'list:Show the seats of a license' \
'free:Free the seat of a machine, so that another machine can take it' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'counterfoil-server seat commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__seat__subcmd__free_commands] )) ||
_counterfoil-server__subcmd__seat__subcmd__free_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server seat free commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__seat__subcmd__help_commands] )) ||
_counterfoil-server__subcmd__seat__subcmd__help_commands() {
    local commands; commands=(
'list:Show the seats of a license' \
'free:Free the seat of a machine, so that another machine can take it' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'counterfoil-server seat help commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__seat__subcmd__help__subcmd__free_commands] )) ||
_counterfoil-server__subcmd__seat__subcmd__help__subcmd__free_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server seat help free commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__seat__subcmd__help__subcmd__help_commands] )) ||
_counterfoil-server__subcmd__seat__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server seat help help commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__seat__subcmd__help__subcmd__list_commands] )) ||
_counterfoil-server__subcmd__seat__subcmd__help__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server seat help list commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__seat__subcmd__list_commands] )) ||
_counterfoil-server__subcmd__seat__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server seat list commands' commands "$@"
}
(( $+functions[_counterfoil-server__subcmd__verify-evidence_commands] )) ||
_counterfoil-server__subcmd__verify-evidence_commands() {
    local commands; commands=()
    _describe -t commands 'counterfoil-server verify-evidence commands' commands "$@"
}

if [ "$funcstack[1]" = "_counterfoil-server" ]; then
    _counterfoil-server "$@"
else
    compdef _counterfoil-server counterfoil-server
fi
