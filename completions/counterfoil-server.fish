# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_counterfoil_server_global_optspecs
    string join \n dir= passphrase-file= clock-is-right json h/help V/version
end

function __fish_counterfoil_server_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_counterfoil_server_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_counterfoil_server_using_subcommand
    set -l cmd (__fish_counterfoil_server_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c counterfoil-server -n "__fish_counterfoil_server_needs_command" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_needs_command" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_needs_command" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_needs_command" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_needs_command" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_needs_command" -s V -l version -d 'Print version'
complete -c counterfoil-server -n "__fish_counterfoil_server_needs_command" -f -a "init" -d 'Make a new service folder with its keys and a first trust bundle'
complete -c counterfoil-server -n "__fish_counterfoil_server_needs_command" -f -a "root" -d 'The vendor root, which signs the trust bundle and may live on another machine'
complete -c counterfoil-server -n "__fish_counterfoil_server_needs_command" -f -a "ek-root" -d 'The certificates that TPMs\' endorsement keys are traced to'
complete -c counterfoil-server -n "__fish_counterfoil_server_needs_command" -f -a "ek" -d 'Single endorsement keys'
complete -c counterfoil-server -n "__fish_counterfoil_server_needs_command" -f -a "product" -d 'Products'
complete -c counterfoil-server -n "__fish_counterfoil_server_needs_command" -f -a "manifest" -d 'The rules of a product: what is promised, and what stays on when something is wrong'
complete -c counterfoil-server -n "__fish_counterfoil_server_needs_command" -f -a "license" -d 'Licenses'
complete -c counterfoil-server -n "__fish_counterfoil_server_needs_command" -f -a "clock" -d 'The dates that were signed, and this machine\'s clock'
complete -c counterfoil-server -n "__fish_counterfoil_server_needs_command" -f -a "seat" -d 'The seats of a license: which machines have one, and freeing one'
complete -c counterfoil-server -n "__fish_counterfoil_server_needs_command" -f -a "device" -d 'Machines that hold licenses'
complete -c counterfoil-server -n "__fish_counterfoil_server_needs_command" -f -a "answer" -d 'Answer a request file, or every request file of a folder'
complete -c counterfoil-server -n "__fish_counterfoil_server_needs_command" -f -a "verify-evidence" -d 'Say what an evidence file proves, or which check it fails'
complete -c counterfoil-server -n "__fish_counterfoil_server_needs_command" -f -a "completions" -d 'Print a completion script for a shell'
complete -c counterfoil-server -n "__fish_counterfoil_server_needs_command" -f -a "man" -d 'Write the manual pages into a folder'
complete -c counterfoil-server -n "__fish_counterfoil_server_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand init" -l name -d 'The vendor\'s name, as machines show it' -r
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand init" -l root-public -d 'Public half of a root that lives elsewhere; without it a root is made in DIR/root' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand init" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand init" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand init" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand init" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand init" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand root; and not __fish_seen_subcommand_from init sign-bundle help" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand root; and not __fish_seen_subcommand_from init sign-bundle help" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand root; and not __fish_seen_subcommand_from init sign-bundle help" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand root; and not __fish_seen_subcommand_from init sign-bundle help" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand root; and not __fish_seen_subcommand_from init sign-bundle help" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand root; and not __fish_seen_subcommand_from init sign-bundle help" -f -a "init" -d 'Make a vendor root: root.key, and root.pem for applications to embed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand root; and not __fish_seen_subcommand_from init sign-bundle help" -f -a "sign-bundle" -d 'Review what a service proposes, and sign it'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand root; and not __fish_seen_subcommand_from init sign-bundle help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand root; and __fish_seen_subcommand_from init" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand root; and __fish_seen_subcommand_from init" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand root; and __fish_seen_subcommand_from init" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand root; and __fish_seen_subcommand_from init" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand root; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand root; and __fish_seen_subcommand_from sign-bundle" -l in -d 'The proposal, from the service\'s folder' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand root; and __fish_seen_subcommand_from sign-bundle" -l out -d 'Where the signed bundle goes; the service takes it up from DIR/bundle' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand root; and __fish_seen_subcommand_from sign-bundle" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand root; and __fish_seen_subcommand_from sign-bundle" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand root; and __fish_seen_subcommand_from sign-bundle" -l yes -d 'The proposal has been reviewed: sign it'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand root; and __fish_seen_subcommand_from sign-bundle" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand root; and __fish_seen_subcommand_from sign-bundle" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand root; and __fish_seen_subcommand_from sign-bundle" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand root; and __fish_seen_subcommand_from help" -f -a "init" -d 'Make a vendor root: root.key, and root.pem for applications to embed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand root; and __fish_seen_subcommand_from help" -f -a "sign-bundle" -d 'Review what a service proposes, and sign it'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand root; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek-root; and not __fish_seen_subcommand_from add list remove help" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek-root; and not __fish_seen_subcommand_from add list remove help" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek-root; and not __fish_seen_subcommand_from add list remove help" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek-root; and not __fish_seen_subcommand_from add list remove help" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek-root; and not __fish_seen_subcommand_from add list remove help" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek-root; and not __fish_seen_subcommand_from add list remove help" -f -a "add" -d 'Trust the TPMs below these certificates, or add a revocation list of their maker'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek-root; and not __fish_seen_subcommand_from add list remove help" -f -a "list" -d 'Show the trusted certificates'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek-root; and not __fish_seen_subcommand_from add list remove help" -f -a "remove" -d 'Trust a certificate no longer; machines already licensed keep their licenses'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek-root; and not __fish_seen_subcommand_from add list remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek-root; and __fish_seen_subcommand_from add" -l class -d 'Class of the machines below them' -r -f -a "hardware\t'A TPM chip or firmware TPM'
virtual\t'A TPM that a hypervisor provides'
registered\t'A TPM without a certificate, vouched for by `ek allow`'
test\t'A simulator'"
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek-root; and __fish_seen_subcommand_from add" -l expired -d 'Whether a certificate below them that has ended still counts; a machine on record always does [default: accept]' -r -f -a "accept\t'They count, and `answer` says so'
refuse\t'New machines with one are refused'"
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek-root; and __fish_seen_subcommand_from add" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek-root; and __fish_seen_subcommand_from add" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek-root; and __fish_seen_subcommand_from add" -l crl -d 'The file is a certificate revocation list'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek-root; and __fish_seen_subcommand_from add" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek-root; and __fish_seen_subcommand_from add" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek-root; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek-root; and __fish_seen_subcommand_from list" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek-root; and __fish_seen_subcommand_from list" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek-root; and __fish_seen_subcommand_from list" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek-root; and __fish_seen_subcommand_from list" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek-root; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek-root; and __fish_seen_subcommand_from remove" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek-root; and __fish_seen_subcommand_from remove" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek-root; and __fish_seen_subcommand_from remove" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek-root; and __fish_seen_subcommand_from remove" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek-root; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek-root; and __fish_seen_subcommand_from help" -f -a "add" -d 'Trust the TPMs below these certificates, or add a revocation list of their maker'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek-root; and __fish_seen_subcommand_from help" -f -a "list" -d 'Show the trusted certificates'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek-root; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Trust a certificate no longer; machines already licensed keep their licenses'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek-root; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek; and not __fish_seen_subcommand_from allow check help" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek; and not __fish_seen_subcommand_from allow check help" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek; and not __fish_seen_subcommand_from allow check help" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek; and not __fish_seen_subcommand_from allow check help" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek; and not __fish_seen_subcommand_from allow check help" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek; and not __fish_seen_subcommand_from allow check help" -f -a "allow" -d 'Vouch for a TPM without a certificate (class `registered`)'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek; and not __fish_seen_subcommand_from allow check help" -f -a "check" -d 'Say what an endorsement certificate leads to, and why: what a machine with it would be recognized as'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek; and not __fish_seen_subcommand_from allow check help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek; and __fish_seen_subcommand_from allow" -l note -d 'Which machine it is' -r
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek; and __fish_seen_subcommand_from allow" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek; and __fish_seen_subcommand_from allow" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek; and __fish_seen_subcommand_from allow" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek; and __fish_seen_subcommand_from allow" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek; and __fish_seen_subcommand_from allow" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek; and __fish_seen_subcommand_from check" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek; and __fish_seen_subcommand_from check" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek; and __fish_seen_subcommand_from check" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek; and __fish_seen_subcommand_from check" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek; and __fish_seen_subcommand_from help" -f -a "allow" -d 'Vouch for a TPM without a certificate (class `registered`)'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek; and __fish_seen_subcommand_from help" -f -a "check" -d 'Say what an endorsement certificate leads to, and why: what a machine with it would be recognized as'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand ek; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand product; and not __fish_seen_subcommand_from add help" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand product; and not __fish_seen_subcommand_from add help" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand product; and not __fish_seen_subcommand_from add help" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand product; and not __fish_seen_subcommand_from add help" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand product; and not __fish_seen_subcommand_from add help" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand product; and not __fish_seen_subcommand_from add help" -f -a "add" -d 'Add a product with the default rules, which it writes to DIR/manifests/NAME.toml'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand product; and not __fish_seen_subcommand_from add help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand product; and __fish_seen_subcommand_from add" -l allow-class -d 'License machines of this class too, beside what the default rules license' -r -f -a "hardware\t'A TPM chip or firmware TPM'
virtual\t'A TPM that a hypervisor provides'
registered\t'A TPM without a certificate, vouched for by `ek allow`'
test\t'A simulator'"
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand product; and __fish_seen_subcommand_from add" -l rules -d 'The rules to begin with, TOML, instead of the default ones' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand product; and __fish_seen_subcommand_from add" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand product; and __fish_seen_subcommand_from add" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand product; and __fish_seen_subcommand_from add" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand product; and __fish_seen_subcommand_from add" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand product; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand product; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add a product with the default rules, which it writes to DIR/manifests/NAME.toml'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand product; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and not __fish_seen_subcommand_from check publish rollback list show diff explain help" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and not __fish_seen_subcommand_from check publish rollback list show diff explain help" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and not __fish_seen_subcommand_from check publish rollback list show diff explain help" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and not __fish_seen_subcommand_from check publish rollback list show diff explain help" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and not __fish_seen_subcommand_from check publish rollback list show diff explain help" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and not __fish_seen_subcommand_from check publish rollback list show diff explain help" -f -a "check" -d 'Say what is wrong with rules, line by line, and what they make of some machines\' time'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and not __fish_seen_subcommand_from check publish rollback list show diff explain help" -f -a "publish" -d 'Put rules in force, as the next version, and say who gains or loses what'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and not __fish_seen_subcommand_from check publish rollback list show diff explain help" -f -a "rollback" -d 'Go back to the rules of an earlier version, which become the next version'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and not __fish_seen_subcommand_from check publish rollback list show diff explain help" -f -a "list" -d 'Show all versions of a product\'s rules'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and not __fish_seen_subcommand_from check publish rollback list show diff explain help" -f -a "show" -d 'Show the rules of a version as they were written'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and not __fish_seen_subcommand_from check publish rollback list show diff explain help" -f -a "diff" -d 'Say in plain words who gains or loses what from some rules to others, and when'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and not __fish_seen_subcommand_from check publish rollback list show diff explain help" -f -a "explain" -d 'Show day by day what a user experiences without a network, and what follows from what goes wrong'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and not __fish_seen_subcommand_from check publish rollback list show diff explain help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from check" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from check" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from check" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from check" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from publish" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from publish" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from publish" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from publish" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from publish" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from rollback" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from rollback" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from rollback" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from rollback" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from rollback" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from list" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from list" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from list" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from list" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from show" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from show" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from show" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from show" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from diff" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from diff" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from diff" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from diff" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from explain" -l class -d 'Machines of this class only' -r -f -a "hardware\t'A TPM chip or firmware TPM'
virtual\t'A TPM that a hypervisor provides'
registered\t'A TPM without a certificate, vouched for by `ek allow`'
test\t'A simulator'"
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from explain" -l edition -d 'Licenses of this edition only' -r
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from explain" -l contact -d 'When the machine was last in contact, RFC 3339 or a day; now if it is not given' -r
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from explain" -l language -d 'The language of what a user reads, `en` or `de`' -r
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from explain" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from explain" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from explain" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from explain" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from help" -f -a "check" -d 'Say what is wrong with rules, line by line, and what they make of some machines\' time'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from help" -f -a "publish" -d 'Put rules in force, as the next version, and say who gains or loses what'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from help" -f -a "rollback" -d 'Go back to the rules of an earlier version, which become the next version'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from help" -f -a "list" -d 'Show all versions of a product\'s rules'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show the rules of a version as they were written'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from help" -f -a "diff" -d 'Say in plain words who gains or loses what from some rules to others, and when'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from help" -f -a "explain" -d 'Show day by day what a user experiences without a network, and what follows from what goes wrong'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand manifest; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and not __fish_seen_subcommand_from create list show help" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and not __fish_seen_subcommand_from create list show help" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and not __fish_seen_subcommand_from create list show help" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and not __fish_seen_subcommand_from create list show help" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and not __fish_seen_subcommand_from create list show help" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and not __fish_seen_subcommand_from create list show help" -f -a "create" -d 'Make a license and print its key, once'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and not __fish_seen_subcommand_from create list show help" -f -a "list" -d 'Show all licenses'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and not __fish_seen_subcommand_from create list show help" -f -a "show" -d 'Show one license and the machines that hold its seats'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and not __fish_seen_subcommand_from create list show help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and __fish_seen_subcommand_from create" -l product -d 'The product' -r
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and __fish_seen_subcommand_from create" -l edition -d 'The edition' -r
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and __fish_seen_subcommand_from create" -l features -d 'Features, separated by commas' -r
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and __fish_seen_subcommand_from create" -l seats -d 'On how many machines it may be active' -r
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and __fish_seen_subcommand_from create" -l expires -d 'End of validity, RFC 3339; a day alone is its beginning in UTC' -r
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and __fish_seen_subcommand_from create" -l days -d 'End of validity, in days from now; without either the license is perpetual' -r
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and __fish_seen_subcommand_from create" -l segment -d 'Your own name for a group of customers, for allowances; kept here only' -r
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and __fish_seen_subcommand_from create" -l user -d 'Your own pseudonym for whom it is, for allowances, such as customer-1042; kept here only' -r
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and __fish_seen_subcommand_from create" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and __fish_seen_subcommand_from create" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and __fish_seen_subcommand_from create" -l standby -d 'It is for machines that are kept switched off until they are needed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and __fish_seen_subcommand_from create" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and __fish_seen_subcommand_from create" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and __fish_seen_subcommand_from list" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and __fish_seen_subcommand_from list" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and __fish_seen_subcommand_from list" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and __fish_seen_subcommand_from list" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and __fish_seen_subcommand_from show" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and __fish_seen_subcommand_from show" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and __fish_seen_subcommand_from show" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and __fish_seen_subcommand_from show" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and __fish_seen_subcommand_from help" -f -a "create" -d 'Make a license and print its key, once'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and __fish_seen_subcommand_from help" -f -a "list" -d 'Show all licenses'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one license and the machines that hold its seats'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand license; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand clock; and not __fish_seen_subcommand_from show accept correct help" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand clock; and not __fish_seen_subcommand_from show accept correct help" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand clock; and not __fish_seen_subcommand_from show accept correct help" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand clock; and not __fish_seen_subcommand_from show accept correct help" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand clock; and not __fish_seen_subcommand_from show accept correct help" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand clock; and not __fish_seen_subcommand_from show accept correct help" -f -a "show" -d 'Show the clock and the newest date that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand clock; and not __fish_seen_subcommand_from show accept correct help" -f -a "accept" -d 'Say that the clock is right, although it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand clock; and not __fish_seen_subcommand_from show accept correct help" -f -a "correct" -d 'Void every date after now that was signed, with a clock that was wrong'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand clock; and not __fish_seen_subcommand_from show accept correct help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand clock; and __fish_seen_subcommand_from show" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand clock; and __fish_seen_subcommand_from show" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand clock; and __fish_seen_subcommand_from show" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand clock; and __fish_seen_subcommand_from show" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand clock; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand clock; and __fish_seen_subcommand_from accept" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand clock; and __fish_seen_subcommand_from accept" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand clock; and __fish_seen_subcommand_from accept" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand clock; and __fish_seen_subcommand_from accept" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand clock; and __fish_seen_subcommand_from accept" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand clock; and __fish_seen_subcommand_from correct" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand clock; and __fish_seen_subcommand_from correct" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand clock; and __fish_seen_subcommand_from correct" -l yes -d 'The clock is right, and the later dates are wrong'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand clock; and __fish_seen_subcommand_from correct" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand clock; and __fish_seen_subcommand_from correct" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand clock; and __fish_seen_subcommand_from correct" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand clock; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show the clock and the newest date that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand clock; and __fish_seen_subcommand_from help" -f -a "accept" -d 'Say that the clock is right, although it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand clock; and __fish_seen_subcommand_from help" -f -a "correct" -d 'Void every date after now that was signed, with a clock that was wrong'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand clock; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand seat; and not __fish_seen_subcommand_from list free help" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand seat; and not __fish_seen_subcommand_from list free help" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand seat; and not __fish_seen_subcommand_from list free help" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand seat; and not __fish_seen_subcommand_from list free help" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand seat; and not __fish_seen_subcommand_from list free help" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand seat; and not __fish_seen_subcommand_from list free help" -f -a "list" -d 'Show the seats of a license'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand seat; and not __fish_seen_subcommand_from list free help" -f -a "free" -d 'Free the seat of a machine, so that another machine can take it'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand seat; and not __fish_seen_subcommand_from list free help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand seat; and __fish_seen_subcommand_from list" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand seat; and __fish_seen_subcommand_from list" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand seat; and __fish_seen_subcommand_from list" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand seat; and __fish_seen_subcommand_from list" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand seat; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand seat; and __fish_seen_subcommand_from free" -l device -d 'The machine, as `seat list` shows it' -r
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand seat; and __fish_seen_subcommand_from free" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand seat; and __fish_seen_subcommand_from free" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand seat; and __fish_seen_subcommand_from free" -l yes -d 'Even if the machine has shown that it has the license, and can go on using it until its lease ends'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand seat; and __fish_seen_subcommand_from free" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand seat; and __fish_seen_subcommand_from free" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand seat; and __fish_seen_subcommand_from free" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand seat; and __fish_seen_subcommand_from help" -f -a "list" -d 'Show the seats of a license'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand seat; and __fish_seen_subcommand_from help" -f -a "free" -d 'Free the seat of a machine, so that another machine can take it'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand seat; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand device; and not __fish_seen_subcommand_from approve-platform help" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand device; and not __fish_seen_subcommand_from approve-platform help" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand device; and not __fish_seen_subcommand_from approve-platform help" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand device; and not __fish_seen_subcommand_from approve-platform help" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand device; and not __fish_seen_subcommand_from approve-platform help" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand device; and not __fish_seen_subcommand_from approve-platform help" -f -a "approve-platform" -d 'Approve, once, what a machine\'s firmware or boot software changed to, where the rules watch them'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand device; and not __fish_seen_subcommand_from approve-platform help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand device; and __fish_seen_subcommand_from approve-platform" -l device -d 'The machine, as `license show` lists it; need not be given where the license is on one machine' -r
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand device; and __fish_seen_subcommand_from approve-platform" -l digest -d 'What the machine measures now, as the refusal says it' -r
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand device; and __fish_seen_subcommand_from approve-platform" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand device; and __fish_seen_subcommand_from approve-platform" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand device; and __fish_seen_subcommand_from approve-platform" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand device; and __fish_seen_subcommand_from approve-platform" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand device; and __fish_seen_subcommand_from approve-platform" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand device; and __fish_seen_subcommand_from help" -f -a "approve-platform" -d 'Approve, once, what a machine\'s firmware or boot software changed to, where the rules watch them'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand device; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand answer" -s o -l output -d 'Where the response goes; a folder if FILE is one' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand answer" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand answer" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand answer" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand answer" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand answer" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand verify-evidence" -l nonce -d 'The nonce that the machine was asked to cover, 64 hexadecimal digits' -r
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand verify-evidence" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand verify-evidence" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand verify-evidence" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand verify-evidence" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand verify-evidence" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand completions" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand completions" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand completions" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand completions" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand completions" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand man" -l dir -d 'Folder of the service (of the root, for `root` verbs)' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand man" -l passphrase-file -d 'File whose first line encrypts the private keys; without it they are kept in plain' -r -F
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand man" -l clock-is-right -d 'This machine\'s clock is right, even if it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand man" -l json -d 'Print JSON instead of text'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand man" -s h -l help -d 'Print help'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and not __fish_seen_subcommand_from init root ek-root ek product manifest license clock seat device answer verify-evidence completions man help" -f -a "init" -d 'Make a new service folder with its keys and a first trust bundle'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and not __fish_seen_subcommand_from init root ek-root ek product manifest license clock seat device answer verify-evidence completions man help" -f -a "root" -d 'The vendor root, which signs the trust bundle and may live on another machine'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and not __fish_seen_subcommand_from init root ek-root ek product manifest license clock seat device answer verify-evidence completions man help" -f -a "ek-root" -d 'The certificates that TPMs\' endorsement keys are traced to'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and not __fish_seen_subcommand_from init root ek-root ek product manifest license clock seat device answer verify-evidence completions man help" -f -a "ek" -d 'Single endorsement keys'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and not __fish_seen_subcommand_from init root ek-root ek product manifest license clock seat device answer verify-evidence completions man help" -f -a "product" -d 'Products'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and not __fish_seen_subcommand_from init root ek-root ek product manifest license clock seat device answer verify-evidence completions man help" -f -a "manifest" -d 'The rules of a product: what is promised, and what stays on when something is wrong'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and not __fish_seen_subcommand_from init root ek-root ek product manifest license clock seat device answer verify-evidence completions man help" -f -a "license" -d 'Licenses'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and not __fish_seen_subcommand_from init root ek-root ek product manifest license clock seat device answer verify-evidence completions man help" -f -a "clock" -d 'The dates that were signed, and this machine\'s clock'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and not __fish_seen_subcommand_from init root ek-root ek product manifest license clock seat device answer verify-evidence completions man help" -f -a "seat" -d 'The seats of a license: which machines have one, and freeing one'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and not __fish_seen_subcommand_from init root ek-root ek product manifest license clock seat device answer verify-evidence completions man help" -f -a "device" -d 'Machines that hold licenses'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and not __fish_seen_subcommand_from init root ek-root ek product manifest license clock seat device answer verify-evidence completions man help" -f -a "answer" -d 'Answer a request file, or every request file of a folder'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and not __fish_seen_subcommand_from init root ek-root ek product manifest license clock seat device answer verify-evidence completions man help" -f -a "verify-evidence" -d 'Say what an evidence file proves, or which check it fails'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and not __fish_seen_subcommand_from init root ek-root ek product manifest license clock seat device answer verify-evidence completions man help" -f -a "completions" -d 'Print a completion script for a shell'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and not __fish_seen_subcommand_from init root ek-root ek product manifest license clock seat device answer verify-evidence completions man help" -f -a "man" -d 'Write the manual pages into a folder'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and not __fish_seen_subcommand_from init root ek-root ek product manifest license clock seat device answer verify-evidence completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and __fish_seen_subcommand_from root" -f -a "init" -d 'Make a vendor root: root.key, and root.pem for applications to embed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and __fish_seen_subcommand_from root" -f -a "sign-bundle" -d 'Review what a service proposes, and sign it'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and __fish_seen_subcommand_from ek-root" -f -a "add" -d 'Trust the TPMs below these certificates, or add a revocation list of their maker'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and __fish_seen_subcommand_from ek-root" -f -a "list" -d 'Show the trusted certificates'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and __fish_seen_subcommand_from ek-root" -f -a "remove" -d 'Trust a certificate no longer; machines already licensed keep their licenses'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and __fish_seen_subcommand_from ek" -f -a "allow" -d 'Vouch for a TPM without a certificate (class `registered`)'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and __fish_seen_subcommand_from ek" -f -a "check" -d 'Say what an endorsement certificate leads to, and why: what a machine with it would be recognized as'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and __fish_seen_subcommand_from product" -f -a "add" -d 'Add a product with the default rules, which it writes to DIR/manifests/NAME.toml'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and __fish_seen_subcommand_from manifest" -f -a "check" -d 'Say what is wrong with rules, line by line, and what they make of some machines\' time'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and __fish_seen_subcommand_from manifest" -f -a "publish" -d 'Put rules in force, as the next version, and say who gains or loses what'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and __fish_seen_subcommand_from manifest" -f -a "rollback" -d 'Go back to the rules of an earlier version, which become the next version'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and __fish_seen_subcommand_from manifest" -f -a "list" -d 'Show all versions of a product\'s rules'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and __fish_seen_subcommand_from manifest" -f -a "show" -d 'Show the rules of a version as they were written'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and __fish_seen_subcommand_from manifest" -f -a "diff" -d 'Say in plain words who gains or loses what from some rules to others, and when'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and __fish_seen_subcommand_from manifest" -f -a "explain" -d 'Show day by day what a user experiences without a network, and what follows from what goes wrong'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and __fish_seen_subcommand_from license" -f -a "create" -d 'Make a license and print its key, once'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and __fish_seen_subcommand_from license" -f -a "list" -d 'Show all licenses'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and __fish_seen_subcommand_from license" -f -a "show" -d 'Show one license and the machines that hold its seats'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and __fish_seen_subcommand_from clock" -f -a "show" -d 'Show the clock and the newest date that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and __fish_seen_subcommand_from clock" -f -a "accept" -d 'Say that the clock is right, although it is more than a day ahead of all that was signed'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and __fish_seen_subcommand_from clock" -f -a "correct" -d 'Void every date after now that was signed, with a clock that was wrong'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and __fish_seen_subcommand_from seat" -f -a "list" -d 'Show the seats of a license'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and __fish_seen_subcommand_from seat" -f -a "free" -d 'Free the seat of a machine, so that another machine can take it'
complete -c counterfoil-server -n "__fish_counterfoil_server_using_subcommand help; and __fish_seen_subcommand_from device" -f -a "approve-platform" -d 'Approve, once, what a machine\'s firmware or boot software changed to, where the rules watch them'
