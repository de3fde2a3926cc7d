# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_counterfoil_global_optspecs
    string join \n tcti= tpm-timeout= dir= trust= slot= product= app-version= config= h/help V/version
end

function __fish_counterfoil_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_counterfoil_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_counterfoil_using_subcommand
    set -l cmd (__fish_counterfoil_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c counterfoil -n "__fish_counterfoil_needs_command" -l tcti -d 'The TPM, as libtss2 names it [default: device:/dev/tpmrm0]' -r
complete -c counterfoil -n "__fish_counterfoil_needs_command" -l tpm-timeout -d 'Seconds that the TPM may take for a command, and four times as many to make a key [default: 30]' -r
complete -c counterfoil -n "__fish_counterfoil_needs_command" -l dir -d 'The state folder [default: /var/lib/counterfoil/VENDOR, by the vendor\'s id]' -r -F
complete -c counterfoil -n "__fish_counterfoil_needs_command" -l trust -d 'The vendor\'s root public key, PEM' -r -F
complete -c counterfoil -n "__fish_counterfoil_needs_command" -l slot -d 'The store\'s number on this machine [default: 0, the machine-wide one]' -r
complete -c counterfoil -n "__fish_counterfoil_needs_command" -l product -d 'Accept licenses for this product only' -r
complete -c counterfoil -n "__fish_counterfoil_needs_command" -l app-version -d 'The application\'s version, where licenses cover a range of versions' -r
complete -c counterfoil -n "__fish_counterfoil_needs_command" -l config -d 'The config file, TOML [default: /etc/counterfoil.toml where there is one]' -r -F
complete -c counterfoil -n "__fish_counterfoil_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c counterfoil -n "__fish_counterfoil_needs_command" -s V -l version -d 'Print version'
complete -c counterfoil -n "__fish_counterfoil_needs_command" -f -a "doctor" -d 'Say whether this machine is ready for licenses, and what to do where it is not'
complete -c counterfoil -n "__fish_counterfoil_needs_command" -f -a "provision" -d 'Make the keys and counters of the store in the TPM; activation does it by itself where no password is needed'
complete -c counterfoil -n "__fish_counterfoil_needs_command" -f -a "deprovision" -d 'Remove the store from TPM and disk; its licenses, which it lists first, are gone for good'
complete -c counterfoil -n "__fish_counterfoil_needs_command" -f -a "activate" -d 'Ask the vendor for a license, or apply the vendor\'s response'
complete -c counterfoil -n "__fish_counterfoil_needs_command" -f -a "requests" -d 'The requests for licenses that the vendor\'s answer was not applied to yet'
complete -c counterfoil -n "__fish_counterfoil_needs_command" -f -a "status" -d 'Show the licenses of this machine: what is on, until when, and each check'
complete -c counterfoil -n "__fish_counterfoil_needs_command" -f -a "check" -d 'Ask whether a feature is on'
complete -c counterfoil -n "__fish_counterfoil_needs_command" -f -a "evidence" -d 'Have the TPM prove to somebody else which licenses this machine holds'
complete -c counterfoil -n "__fish_counterfoil_needs_command" -f -a "explain" -d 'Tell what is stored on this machine, what is sent to the vendor, and how long everything works without'
complete -c counterfoil -n "__fish_counterfoil_needs_command" -f -a "log" -d 'The record, on this machine, of what was decided about its licenses'
complete -c counterfoil -n "__fish_counterfoil_needs_command" -f -a "inspect" -d 'Show any Counterfoil file in plain words; needs no TPM and verifies nothing'
complete -c counterfoil -n "__fish_counterfoil_needs_command" -f -a "completions" -d 'Print a completion script for a shell'
complete -c counterfoil -n "__fish_counterfoil_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand doctor" -l bundle -d 'Write one file for support here, without secrets; it lists what it holds' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand doctor" -l tcti -d 'The TPM, as libtss2 names it [default: device:/dev/tpmrm0]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand doctor" -l tpm-timeout -d 'Seconds that the TPM may take for a command, and four times as many to make a key [default: 30]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand doctor" -l dir -d 'The state folder [default: /var/lib/counterfoil/VENDOR, by the vendor\'s id]' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand doctor" -l trust -d 'The vendor\'s root public key, PEM' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand doctor" -l slot -d 'The store\'s number on this machine [default: 0, the machine-wide one]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand doctor" -l product -d 'Accept licenses for this product only' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand doctor" -l app-version -d 'The application\'s version, where licenses cover a range of versions' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand doctor" -l config -d 'The config file, TOML [default: /etc/counterfoil.toml where there is one]' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand doctor" -l json -d 'Print JSON instead of text'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand provision" -l ek-certificate -d 'Endorsement certificate that was fetched from the TPM\'s maker, for chips that store none: PEM, DER or the JSON of a maker\'s service; it is kept, and goes into requests' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand provision" -l owner-auth-file -d 'File with the owner hierarchy\'s password; - is standard input' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand provision" -l endorsement-auth-file -d 'File with the endorsement hierarchy\'s password; - is standard input' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand provision" -l tcti -d 'The TPM, as libtss2 names it [default: device:/dev/tpmrm0]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand provision" -l tpm-timeout -d 'Seconds that the TPM may take for a command, and four times as many to make a key [default: 30]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand provision" -l dir -d 'The state folder [default: /var/lib/counterfoil/VENDOR, by the vendor\'s id]' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand provision" -l trust -d 'The vendor\'s root public key, PEM' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand provision" -l slot -d 'The store\'s number on this machine [default: 0, the machine-wide one]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand provision" -l product -d 'Accept licenses for this product only' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand provision" -l app-version -d 'The application\'s version, where licenses cover a range of versions' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand provision" -l config -d 'The config file, TOML [default: /etc/counterfoil.toml where there is one]' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand provision" -l replace -d 'Make the store anew even where the TPM has one that this folder does not open: every license in that one ends for good'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand provision" -l json -d 'Print JSON instead of text'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand provision" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand deprovision" -l owner-auth-file -d 'File with the owner hierarchy\'s password; - is standard input' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand deprovision" -l endorsement-auth-file -d 'File with the endorsement hierarchy\'s password; - is standard input' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand deprovision" -l tcti -d 'The TPM, as libtss2 names it [default: device:/dev/tpmrm0]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand deprovision" -l tpm-timeout -d 'Seconds that the TPM may take for a command, and four times as many to make a key [default: 30]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand deprovision" -l dir -d 'The state folder [default: /var/lib/counterfoil/VENDOR, by the vendor\'s id]' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand deprovision" -l trust -d 'The vendor\'s root public key, PEM' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand deprovision" -l slot -d 'The store\'s number on this machine [default: 0, the machine-wide one]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand deprovision" -l product -d 'Accept licenses for this product only' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand deprovision" -l app-version -d 'The application\'s version, where licenses cover a range of versions' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand deprovision" -l config -d 'The config file, TOML [default: /etc/counterfoil.toml where there is one]' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand deprovision" -l yes -d 'Yes, end every license in this store'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand deprovision" -l other-store -d 'Also end a store in the TPM that is not, or no longer, this folder\'s, with every license in it'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand deprovision" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand activate" -l key -d 'The license key; other users can see a command line, so prefer --key-file where there are any' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand activate" -l key-file -d 'File with the license key; - is standard input' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand activate" -l request-out -d 'Write the request here, for the vendor' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand activate" -l response -d 'Apply this response of the vendor' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand activate" -l owner-auth-file -d 'File with the owner hierarchy\'s password; - is standard input' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand activate" -l endorsement-auth-file -d 'File with the endorsement hierarchy\'s password; - is standard input' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand activate" -l tcti -d 'The TPM, as libtss2 names it [default: device:/dev/tpmrm0]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand activate" -l tpm-timeout -d 'Seconds that the TPM may take for a command, and four times as many to make a key [default: 30]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand activate" -l dir -d 'The state folder [default: /var/lib/counterfoil/VENDOR, by the vendor\'s id]' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand activate" -l trust -d 'The vendor\'s root public key, PEM' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand activate" -l slot -d 'The store\'s number on this machine [default: 0, the machine-wide one]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand activate" -l product -d 'Accept licenses for this product only' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand activate" -l app-version -d 'The application\'s version, where licenses cover a range of versions' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand activate" -l config -d 'The config file, TOML [default: /etc/counterfoil.toml where there is one]' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand activate" -l replace -d 'Make the store anew even where the TPM has one that this folder does not open: every license in that one ends for good'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand activate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and not __fish_seen_subcommand_from list drop help" -l tcti -d 'The TPM, as libtss2 names it [default: device:/dev/tpmrm0]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and not __fish_seen_subcommand_from list drop help" -l tpm-timeout -d 'Seconds that the TPM may take for a command, and four times as many to make a key [default: 30]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and not __fish_seen_subcommand_from list drop help" -l dir -d 'The state folder [default: /var/lib/counterfoil/VENDOR, by the vendor\'s id]' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and not __fish_seen_subcommand_from list drop help" -l trust -d 'The vendor\'s root public key, PEM' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and not __fish_seen_subcommand_from list drop help" -l slot -d 'The store\'s number on this machine [default: 0, the machine-wide one]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and not __fish_seen_subcommand_from list drop help" -l product -d 'Accept licenses for this product only' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and not __fish_seen_subcommand_from list drop help" -l app-version -d 'The application\'s version, where licenses cover a range of versions' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and not __fish_seen_subcommand_from list drop help" -l config -d 'The config file, TOML [default: /etc/counterfoil.toml where there is one]' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and not __fish_seen_subcommand_from list drop help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and not __fish_seen_subcommand_from list drop help" -f -a "list" -d 'Show them, oldest first'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and not __fish_seen_subcommand_from list drop help" -f -a "drop" -d 'Forget one: the vendor\'s answer to it can no longer be applied; no license is touched'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and not __fish_seen_subcommand_from list drop help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and __fish_seen_subcommand_from list" -l tcti -d 'The TPM, as libtss2 names it [default: device:/dev/tpmrm0]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and __fish_seen_subcommand_from list" -l tpm-timeout -d 'Seconds that the TPM may take for a command, and four times as many to make a key [default: 30]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and __fish_seen_subcommand_from list" -l dir -d 'The state folder [default: /var/lib/counterfoil/VENDOR, by the vendor\'s id]' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and __fish_seen_subcommand_from list" -l trust -d 'The vendor\'s root public key, PEM' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and __fish_seen_subcommand_from list" -l slot -d 'The store\'s number on this machine [default: 0, the machine-wide one]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and __fish_seen_subcommand_from list" -l product -d 'Accept licenses for this product only' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and __fish_seen_subcommand_from list" -l app-version -d 'The application\'s version, where licenses cover a range of versions' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and __fish_seen_subcommand_from list" -l config -d 'The config file, TOML [default: /etc/counterfoil.toml where there is one]' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and __fish_seen_subcommand_from list" -l json -d 'Print JSON instead of text'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and __fish_seen_subcommand_from drop" -l tcti -d 'The TPM, as libtss2 names it [default: device:/dev/tpmrm0]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and __fish_seen_subcommand_from drop" -l tpm-timeout -d 'Seconds that the TPM may take for a command, and four times as many to make a key [default: 30]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and __fish_seen_subcommand_from drop" -l dir -d 'The state folder [default: /var/lib/counterfoil/VENDOR, by the vendor\'s id]' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and __fish_seen_subcommand_from drop" -l trust -d 'The vendor\'s root public key, PEM' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and __fish_seen_subcommand_from drop" -l slot -d 'The store\'s number on this machine [default: 0, the machine-wide one]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and __fish_seen_subcommand_from drop" -l product -d 'Accept licenses for this product only' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and __fish_seen_subcommand_from drop" -l app-version -d 'The application\'s version, where licenses cover a range of versions' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and __fish_seen_subcommand_from drop" -l config -d 'The config file, TOML [default: /etc/counterfoil.toml where there is one]' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and __fish_seen_subcommand_from drop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and __fish_seen_subcommand_from help" -f -a "list" -d 'Show them, oldest first'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and __fish_seen_subcommand_from help" -f -a "drop" -d 'Forget one: the vendor\'s answer to it can no longer be applied; no license is touched'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand requests; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand status" -l tcti -d 'The TPM, as libtss2 names it [default: device:/dev/tpmrm0]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand status" -l tpm-timeout -d 'Seconds that the TPM may take for a command, and four times as many to make a key [default: 30]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand status" -l dir -d 'The state folder [default: /var/lib/counterfoil/VENDOR, by the vendor\'s id]' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand status" -l trust -d 'The vendor\'s root public key, PEM' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand status" -l slot -d 'The store\'s number on this machine [default: 0, the machine-wide one]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand status" -l product -d 'Accept licenses for this product only' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand status" -l app-version -d 'The application\'s version, where licenses cover a range of versions' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand status" -l config -d 'The config file, TOML [default: /etc/counterfoil.toml where there is one]' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand status" -l json -d 'Print JSON instead of text'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand check" -l tcti -d 'The TPM, as libtss2 names it [default: device:/dev/tpmrm0]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand check" -l tpm-timeout -d 'Seconds that the TPM may take for a command, and four times as many to make a key [default: 30]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand check" -l dir -d 'The state folder [default: /var/lib/counterfoil/VENDOR, by the vendor\'s id]' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand check" -l trust -d 'The vendor\'s root public key, PEM' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand check" -l slot -d 'The store\'s number on this machine [default: 0, the machine-wide one]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand check" -l product -d 'Accept licenses for this product only' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand check" -l app-version -d 'The application\'s version, where licenses cover a range of versions' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand check" -l config -d 'The config file, TOML [default: /etc/counterfoil.toml where there is one]' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand check" -l json -d 'Print JSON instead of text'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand evidence" -l nonce -d 'The asker\'s random nonce, 64 hexadecimal digits' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand evidence" -s o -l output -d 'Where the evidence goes' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand evidence" -l tcti -d 'The TPM, as libtss2 names it [default: device:/dev/tpmrm0]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand evidence" -l tpm-timeout -d 'Seconds that the TPM may take for a command, and four times as many to make a key [default: 30]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand evidence" -l dir -d 'The state folder [default: /var/lib/counterfoil/VENDOR, by the vendor\'s id]' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand evidence" -l trust -d 'The vendor\'s root public key, PEM' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand evidence" -l slot -d 'The store\'s number on this machine [default: 0, the machine-wide one]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand evidence" -l product -d 'Accept licenses for this product only' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand evidence" -l app-version -d 'The application\'s version, where licenses cover a range of versions' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand evidence" -l config -d 'The config file, TOML [default: /etc/counterfoil.toml where there is one]' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand evidence" -l cmw -d 'Wrap it as a CMW record, for verifiers of the IETF\'s RATS architecture'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand evidence" -l json -d 'Print JSON instead of text'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand evidence" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand explain" -l tcti -d 'The TPM, as libtss2 names it [default: device:/dev/tpmrm0]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand explain" -l tpm-timeout -d 'Seconds that the TPM may take for a command, and four times as many to make a key [default: 30]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand explain" -l dir -d 'The state folder [default: /var/lib/counterfoil/VENDOR, by the vendor\'s id]' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand explain" -l trust -d 'The vendor\'s root public key, PEM' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand explain" -l slot -d 'The store\'s number on this machine [default: 0, the machine-wide one]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand explain" -l product -d 'Accept licenses for this product only' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand explain" -l app-version -d 'The application\'s version, where licenses cover a range of versions' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand explain" -l config -d 'The config file, TOML [default: /etc/counterfoil.toml where there is one]' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand explain" -l json -d 'Print JSON instead of text'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and not __fish_seen_subcommand_from verify show help" -l tcti -d 'The TPM, as libtss2 names it [default: device:/dev/tpmrm0]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and not __fish_seen_subcommand_from verify show help" -l tpm-timeout -d 'Seconds that the TPM may take for a command, and four times as many to make a key [default: 30]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and not __fish_seen_subcommand_from verify show help" -l dir -d 'The state folder [default: /var/lib/counterfoil/VENDOR, by the vendor\'s id]' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and not __fish_seen_subcommand_from verify show help" -l trust -d 'The vendor\'s root public key, PEM' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and not __fish_seen_subcommand_from verify show help" -l slot -d 'The store\'s number on this machine [default: 0, the machine-wide one]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and not __fish_seen_subcommand_from verify show help" -l product -d 'Accept licenses for this product only' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and not __fish_seen_subcommand_from verify show help" -l app-version -d 'The application\'s version, where licenses cover a range of versions' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and not __fish_seen_subcommand_from verify show help" -l config -d 'The config file, TOML [default: /etc/counterfoil.toml where there is one]' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and not __fish_seen_subcommand_from verify show help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and not __fish_seen_subcommand_from verify show help" -f -a "verify" -d 'Say whether the log is what this program wrote'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and not __fish_seen_subcommand_from verify show help" -f -a "show" -d 'Show the entries, oldest first'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and not __fish_seen_subcommand_from verify show help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and __fish_seen_subcommand_from verify" -l tcti -d 'The TPM, as libtss2 names it [default: device:/dev/tpmrm0]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and __fish_seen_subcommand_from verify" -l tpm-timeout -d 'Seconds that the TPM may take for a command, and four times as many to make a key [default: 30]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and __fish_seen_subcommand_from verify" -l dir -d 'The state folder [default: /var/lib/counterfoil/VENDOR, by the vendor\'s id]' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and __fish_seen_subcommand_from verify" -l trust -d 'The vendor\'s root public key, PEM' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and __fish_seen_subcommand_from verify" -l slot -d 'The store\'s number on this machine [default: 0, the machine-wide one]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and __fish_seen_subcommand_from verify" -l product -d 'Accept licenses for this product only' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and __fish_seen_subcommand_from verify" -l app-version -d 'The application\'s version, where licenses cover a range of versions' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and __fish_seen_subcommand_from verify" -l config -d 'The config file, TOML [default: /etc/counterfoil.toml where there is one]' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and __fish_seen_subcommand_from verify" -l json -d 'Print JSON instead of text'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and __fish_seen_subcommand_from show" -l tcti -d 'The TPM, as libtss2 names it [default: device:/dev/tpmrm0]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and __fish_seen_subcommand_from show" -l tpm-timeout -d 'Seconds that the TPM may take for a command, and four times as many to make a key [default: 30]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and __fish_seen_subcommand_from show" -l dir -d 'The state folder [default: /var/lib/counterfoil/VENDOR, by the vendor\'s id]' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and __fish_seen_subcommand_from show" -l trust -d 'The vendor\'s root public key, PEM' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and __fish_seen_subcommand_from show" -l slot -d 'The store\'s number on this machine [default: 0, the machine-wide one]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and __fish_seen_subcommand_from show" -l product -d 'Accept licenses for this product only' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and __fish_seen_subcommand_from show" -l app-version -d 'The application\'s version, where licenses cover a range of versions' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and __fish_seen_subcommand_from show" -l config -d 'The config file, TOML [default: /etc/counterfoil.toml where there is one]' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and __fish_seen_subcommand_from show" -l json -d 'Print JSON instead of text'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Say whether the log is what this program wrote'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show the entries, oldest first'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand log; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand inspect" -l tcti -d 'The TPM, as libtss2 names it [default: device:/dev/tpmrm0]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand inspect" -l tpm-timeout -d 'Seconds that the TPM may take for a command, and four times as many to make a key [default: 30]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand inspect" -l dir -d 'The state folder [default: /var/lib/counterfoil/VENDOR, by the vendor\'s id]' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand inspect" -l trust -d 'The vendor\'s root public key, PEM' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand inspect" -l slot -d 'The store\'s number on this machine [default: 0, the machine-wide one]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand inspect" -l product -d 'Accept licenses for this product only' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand inspect" -l app-version -d 'The application\'s version, where licenses cover a range of versions' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand inspect" -l config -d 'The config file, TOML [default: /etc/counterfoil.toml where there is one]' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand inspect" -l json -d 'Print JSON instead of text'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand inspect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand completions" -l tcti -d 'The TPM, as libtss2 names it [default: device:/dev/tpmrm0]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand completions" -l tpm-timeout -d 'Seconds that the TPM may take for a command, and four times as many to make a key [default: 30]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand completions" -l dir -d 'The state folder [default: /var/lib/counterfoil/VENDOR, by the vendor\'s id]' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand completions" -l trust -d 'The vendor\'s root public key, PEM' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand completions" -l slot -d 'The store\'s number on this machine [default: 0, the machine-wide one]' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand completions" -l product -d 'Accept licenses for this product only' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand completions" -l app-version -d 'The application\'s version, where licenses cover a range of versions' -r
complete -c counterfoil -n "__fish_counterfoil_using_subcommand completions" -l config -d 'The config file, TOML [default: /etc/counterfoil.toml where there is one]' -r -F
complete -c counterfoil -n "__fish_counterfoil_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand help; and not __fish_seen_subcommand_from doctor provision deprovision activate requests status check evidence explain log inspect completions help" -f -a "doctor" -d 'Say whether this machine is ready for licenses, and what to do where it is not'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand help; and not __fish_seen_subcommand_from doctor provision deprovision activate requests status check evidence explain log inspect completions help" -f -a "provision" -d 'Make the keys and counters of the store in the TPM; activation does it by itself where no password is needed'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand help; and not __fish_seen_subcommand_from doctor provision deprovision activate requests status check evidence explain log inspect completions help" -f -a "deprovision" -d 'Remove the store from TPM and disk; its licenses, which it lists first, are gone for good'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand help; and not __fish_seen_subcommand_from doctor provision deprovision activate requests status check evidence explain log inspect completions help" -f -a "activate" -d 'Ask the vendor for a license, or apply the vendor\'s response'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand help; and not __fish_seen_subcommand_from doctor provision deprovision activate requests status check evidence explain log inspect completions help" -f -a "requests" -d 'The requests for licenses that the vendor\'s answer was not applied to yet'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand help; and not __fish_seen_subcommand_from doctor provision deprovision activate requests status check evidence explain log inspect completions help" -f -a "status" -d 'Show the licenses of this machine: what is on, until when, and each check'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand help; and not __fish_seen_subcommand_from doctor provision deprovision activate requests status check evidence explain log inspect completions help" -f -a "check" -d 'Ask whether a feature is on'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand help; and not __fish_seen_subcommand_from doctor provision deprovision activate requests status check evidence explain log inspect completions help" -f -a "evidence" -d 'Have the TPM prove to somebody else which licenses this machine holds'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand help; and not __fish_seen_subcommand_from doctor provision deprovision activate requests status check evidence explain log inspect completions help" -f -a "explain" -d 'Tell what is stored on this machine, what is sent to the vendor, and how long everything works without'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand help; and not __fish_seen_subcommand_from doctor provision deprovision activate requests status check evidence explain log inspect completions help" -f -a "log" -d 'The record, on this machine, of what was decided about its licenses'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand help; and not __fish_seen_subcommand_from doctor provision deprovision activate requests status check evidence explain log inspect completions help" -f -a "inspect" -d 'Show any Counterfoil file in plain words; needs no TPM and verifies nothing'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand help; and not __fish_seen_subcommand_from doctor provision deprovision activate requests status check evidence explain log inspect completions help" -f -a "completions" -d 'Print a completion script for a shell'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand help; and not __fish_seen_subcommand_from doctor provision deprovision activate requests status check evidence explain log inspect completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand help; and __fish_seen_subcommand_from requests" -f -a "list" -d 'Show them, oldest first'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand help; and __fish_seen_subcommand_from requests" -f -a "drop" -d 'Forget one: the vendor\'s answer to it can no longer be applied; no license is touched'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand help; and __fish_seen_subcommand_from log" -f -a "verify" -d 'Say whether the log is what this program wrote'
complete -c counterfoil -n "__fish_counterfoil_using_subcommand help; and __fish_seen_subcommand_from log" -f -a "show" -d 'Show the entries, oldest first'
