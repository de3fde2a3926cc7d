_counterfoil__server() {
    local i cur prev opts cmd
    COMPREPLY=()
    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
        cur="$2"
    else
        cur="${COMP_WORDS[COMP_CWORD]}"
    fi
    prev="$3"
    cmd=""
    opts=""

    for i in "${COMP_WORDS[@]:0:COMP_CWORD}"
    do
        case "${cmd},${i}" in
            ",$1")
                cmd="counterfoil__server"
                ;;
            counterfoil__server,answer)
                cmd="counterfoil__server__subcmd__answer"
                ;;
            counterfoil__server,clock)
                cmd="counterfoil__server__subcmd__clock"
                ;;
            counterfoil__server,completions)
                cmd="counterfoil__server__subcmd__completions"
                ;;
            counterfoil__server,device)
                cmd="counterfoil__server__subcmd__device"
                ;;
            counterfoil__server,ek)
                cmd="counterfoil__server__subcmd__ek"
                ;;
            counterfoil__server,ek-root)
                cmd="counterfoil__server__subcmd__ek__subcmd__root"
                ;;
            counterfoil__server,help)
                cmd="counterfoil__server__subcmd__help"
                ;;
            counterfoil__server,init)
                cmd="counterfoil__server__subcmd__init"
                ;;
            counterfoil__server,license)
                cmd="counterfoil__server__subcmd__license"
                ;;
            counterfoil__server,man)
                cmd="counterfoil__server__subcmd__man"
                ;;
            counterfoil__server,manifest)
                cmd="counterfoil__server__subcmd__manifest"
                ;;
            counterfoil__server,product)
                cmd="counterfoil__server__subcmd__product"
                ;;
            counterfoil__server,root)
                cmd="counterfoil__server__subcmd__root"
                ;;
            counterfoil__server,seat)
                cmd="counterfoil__server__subcmd__seat"
                ;;
            counterfoil__server,verify-evidence)
                cmd="counterfoil__server__subcmd__verify__subcmd__evidence"
                ;;
            counterfoil__server__subcmd__clock,accept)
                cmd="counterfoil__server__subcmd__clock__subcmd__accept"
                ;;
            counterfoil__server__subcmd__clock,correct)
                cmd="counterfoil__server__subcmd__clock__subcmd__correct"
                ;;
            counterfoil__server__subcmd__clock,help)
                cmd="counterfoil__server__subcmd__clock__subcmd__help"
                ;;
            counterfoil__server__subcmd__clock,show)
                cmd="counterfoil__server__subcmd__clock__subcmd__show"
                ;;
            counterfoil__server__subcmd__clock__subcmd__help,accept)
                cmd="counterfoil__server__subcmd__clock__subcmd__help__subcmd__accept"
                ;;
            counterfoil__server__subcmd__clock__subcmd__help,correct)
                cmd="counterfoil__server__subcmd__clock__subcmd__help__subcmd__correct"
                ;;
            counterfoil__server__subcmd__clock__subcmd__help,help)
                cmd="counterfoil__server__subcmd__clock__subcmd__help__subcmd__help"
                ;;
            counterfoil__server__subcmd__clock__subcmd__help,show)
                cmd="counterfoil__server__subcmd__clock__subcmd__help__subcmd__show"
                ;;
            counterfoil__server__subcmd__device,approve-platform)
                cmd="counterfoil__server__subcmd__device__subcmd__approve__subcmd__platform"
                ;;
            counterfoil__server__subcmd__device,help)
                cmd="counterfoil__server__subcmd__device__subcmd__help"
                ;;
            counterfoil__server__subcmd__device__subcmd__help,approve-platform)
                cmd="counterfoil__server__subcmd__device__subcmd__help__subcmd__approve__subcmd__platform"
                ;;
            counterfoil__server__subcmd__device__subcmd__help,help)
                cmd="counterfoil__server__subcmd__device__subcmd__help__subcmd__help"
                ;;
            counterfoil__server__subcmd__ek,allow)
                cmd="counterfoil__server__subcmd__ek__subcmd__allow"
                ;;
            counterfoil__server__subcmd__ek,check)
                cmd="counterfoil__server__subcmd__ek__subcmd__check"
                ;;
            counterfoil__server__subcmd__ek,help)
                cmd="counterfoil__server__subcmd__ek__subcmd__help"
                ;;
            counterfoil__server__subcmd__ek__subcmd__help,allow)
                cmd="counterfoil__server__subcmd__ek__subcmd__help__subcmd__allow"
                ;;
            counterfoil__server__subcmd__ek__subcmd__help,check)
                cmd="counterfoil__server__subcmd__ek__subcmd__help__subcmd__check"
                ;;
            counterfoil__server__subcmd__ek__subcmd__help,help)
                cmd="counterfoil__server__subcmd__ek__subcmd__help__subcmd__help"
                ;;
            counterfoil__server__subcmd__ek__subcmd__root,add)
                cmd="counterfoil__server__subcmd__ek__subcmd__root__subcmd__add"
                ;;
            counterfoil__server__subcmd__ek__subcmd__root,help)
                cmd="counterfoil__server__subcmd__ek__subcmd__root__subcmd__help"
                ;;
            counterfoil__server__subcmd__ek__subcmd__root,list)
                cmd="counterfoil__server__subcmd__ek__subcmd__root__subcmd__list"
                ;;
            counterfoil__server__subcmd__ek__subcmd__root,remove)
                cmd="counterfoil__server__subcmd__ek__subcmd__root__subcmd__remove"
                ;;
            counterfoil__server__subcmd__ek__subcmd__root__subcmd__help,add)
                cmd="counterfoil__server__subcmd__ek__subcmd__root__subcmd__help__subcmd__add"
                ;;
            counterfoil__server__subcmd__ek__subcmd__root__subcmd__help,help)
                cmd="counterfoil__server__subcmd__ek__subcmd__root__subcmd__help__subcmd__help"
                ;;
            counterfoil__server__subcmd__ek__subcmd__root__subcmd__help,list)
                cmd="counterfoil__server__subcmd__ek__subcmd__root__subcmd__help__subcmd__list"
                ;;
            counterfoil__server__subcmd__ek__subcmd__root__subcmd__help,remove)
                cmd="counterfoil__server__subcmd__ek__subcmd__root__subcmd__help__subcmd__remove"
                ;;
            counterfoil__server__subcmd__help,answer)
                cmd="counterfoil__server__subcmd__help__subcmd__answer"
                ;;
            counterfoil__server__subcmd__help,clock)
                cmd="counterfoil__server__subcmd__help__subcmd__clock"
                ;;
            counterfoil__server__subcmd__help,completions)
                cmd="counterfoil__server__subcmd__help__subcmd__completions"
                ;;
            counterfoil__server__subcmd__help,device)
                cmd="counterfoil__server__subcmd__help__subcmd__device"
                ;;
            counterfoil__server__subcmd__help,ek)
                cmd="counterfoil__server__subcmd__help__subcmd__ek"
                ;;
            counterfoil__server__subcmd__help,ek-root)
                cmd="counterfoil__server__subcmd__help__subcmd__ek__subcmd__root"
                ;;
            counterfoil__server__subcmd__help,help)
                cmd="counterfoil__server__subcmd__help__subcmd__help"
                ;;
            counterfoil__server__subcmd__help,init)
                cmd="counterfoil__server__subcmd__help__subcmd__init"
                ;;
            counterfoil__server__subcmd__help,license)
                cmd="counterfoil__server__subcmd__help__subcmd__license"
                ;;
            counterfoil__server__subcmd__help,man)
                cmd="counterfoil__server__subcmd__help__subcmd__man"
                ;;
            counterfoil__server__subcmd__help,manifest)
                cmd="counterfoil__server__subcmd__help__subcmd__manifest"
                ;;
            counterfoil__server__subcmd__help,product)
                cmd="counterfoil__server__subcmd__help__subcmd__product"
                ;;
            counterfoil__server__subcmd__help,root)
                cmd="counterfoil__server__subcmd__help__subcmd__root"
                ;;
            counterfoil__server__subcmd__help,seat)
                cmd="counterfoil__server__subcmd__help__subcmd__seat"
                ;;
            counterfoil__server__subcmd__help,verify-evidence)
                cmd="counterfoil__server__subcmd__help__subcmd__verify__subcmd__evidence"
                ;;
            counterfoil__server__subcmd__help__subcmd__clock,accept)
                cmd="counterfoil__server__subcmd__help__subcmd__clock__subcmd__accept"
                ;;
            counterfoil__server__subcmd__help__subcmd__clock,correct)
                cmd="counterfoil__server__subcmd__help__subcmd__clock__subcmd__correct"
                ;;
            counterfoil__server__subcmd__help__subcmd__clock,show)
                cmd="counterfoil__server__subcmd__help__subcmd__clock__subcmd__show"
                ;;
            counterfoil__server__subcmd__help__subcmd__device,approve-platform)
                cmd="counterfoil__server__subcmd__help__subcmd__device__subcmd__approve__subcmd__platform"
                ;;
            counterfoil__server__subcmd__help__subcmd__ek,allow)
                cmd="counterfoil__server__subcmd__help__subcmd__ek__subcmd__allow"
                ;;
            counterfoil__server__subcmd__help__subcmd__ek,check)
                cmd="counterfoil__server__subcmd__help__subcmd__ek__subcmd__check"
                ;;
            counterfoil__server__subcmd__help__subcmd__ek__subcmd__root,add)
                cmd="counterfoil__server__subcmd__help__subcmd__ek__subcmd__root__subcmd__add"
                ;;
            counterfoil__server__subcmd__help__subcmd__ek__subcmd__root,list)
                cmd="counterfoil__server__subcmd__help__subcmd__ek__subcmd__root__subcmd__list"
                ;;
            counterfoil__server__subcmd__help__subcmd__ek__subcmd__root,remove)
                cmd="counterfoil__server__subcmd__help__subcmd__ek__subcmd__root__subcmd__remove"
                ;;
            counterfoil__server__subcmd__help__subcmd__license,create)
                cmd="counterfoil__server__subcmd__help__subcmd__license__subcmd__create"
                ;;
            counterfoil__server__subcmd__help__subcmd__license,list)
                cmd="counterfoil__server__subcmd__help__subcmd__license__subcmd__list"
                ;;
            counterfoil__server__subcmd__help__subcmd__license,show)
                cmd="counterfoil__server__subcmd__help__subcmd__license__subcmd__show"
                ;;
            counterfoil__server__subcmd__help__subcmd__manifest,check)
                cmd="counterfoil__server__subcmd__help__subcmd__manifest__subcmd__check"
                ;;
            counterfoil__server__subcmd__help__subcmd__manifest,diff)
                cmd="counterfoil__server__subcmd__help__subcmd__manifest__subcmd__diff"
                ;;
            counterfoil__server__subcmd__help__subcmd__manifest,explain)
                cmd="counterfoil__server__subcmd__help__subcmd__manifest__subcmd__explain"
                ;;
            counterfoil__server__subcmd__help__subcmd__manifest,list)
                cmd="counterfoil__server__subcmd__help__subcmd__manifest__subcmd__list"
                ;;
            counterfoil__server__subcmd__help__subcmd__manifest,publish)
                cmd="counterfoil__server__subcmd__help__subcmd__manifest__subcmd__publish"
                ;;
            counterfoil__server__subcmd__help__subcmd__manifest,rollback)
                cmd="counterfoil__server__subcmd__help__subcmd__manifest__subcmd__rollback"
                ;;
            counterfoil__server__subcmd__help__subcmd__manifest,show)
                cmd="counterfoil__server__subcmd__help__subcmd__manifest__subcmd__show"
                ;;
            counterfoil__server__subcmd__help__subcmd__product,add)
                cmd="counterfoil__server__subcmd__help__subcmd__product__subcmd__add"
                ;;
            counterfoil__server__subcmd__help__subcmd__root,init)
                cmd="counterfoil__server__subcmd__help__subcmd__root__subcmd__init"
                ;;
            counterfoil__server__subcmd__help__subcmd__root,sign-bundle)
                cmd="counterfoil__server__subcmd__help__subcmd__root__subcmd__sign__subcmd__bundle"
                ;;
            counterfoil__server__subcmd__help__subcmd__seat,free)
                cmd="counterfoil__server__subcmd__help__subcmd__seat__subcmd__free"
                ;;
            counterfoil__server__subcmd__help__subcmd__seat,list)
                cmd="counterfoil__server__subcmd__help__subcmd__seat__subcmd__list"
                ;;
            counterfoil__server__subcmd__license,create)
                cmd="counterfoil__server__subcmd__license__subcmd__create"
                ;;
            counterfoil__server__subcmd__license,help)
                cmd="counterfoil__server__subcmd__license__subcmd__help"
                ;;
            counterfoil__server__subcmd__license,list)
                cmd="counterfoil__server__subcmd__license__subcmd__list"
                ;;
            counterfoil__server__subcmd__license,show)
                cmd="counterfoil__server__subcmd__license__subcmd__show"
                ;;
            counterfoil__server__subcmd__license__subcmd__help,create)
                cmd="counterfoil__server__subcmd__license__subcmd__help__subcmd__create"
                ;;
            counterfoil__server__subcmd__license__subcmd__help,help)
                cmd="counterfoil__server__subcmd__license__subcmd__help__subcmd__help"
                ;;
            counterfoil__server__subcmd__license__subcmd__help,list)
                cmd="counterfoil__server__subcmd__license__subcmd__help__subcmd__list"
                ;;
            counterfoil__server__subcmd__license__subcmd__help,show)
                cmd="counterfoil__server__subcmd__license__subcmd__help__subcmd__show"
                ;;
            counterfoil__server__subcmd__manifest,check)
                cmd="counterfoil__server__subcmd__manifest__subcmd__check"
                ;;
            counterfoil__server__subcmd__manifest,diff)
                cmd="counterfoil__server__subcmd__manifest__subcmd__diff"
                ;;
            counterfoil__server__subcmd__manifest,explain)
                cmd="counterfoil__server__subcmd__manifest__subcmd__explain"
                ;;
            counterfoil__server__subcmd__manifest,help)
                cmd="counterfoil__server__subcmd__manifest__subcmd__help"
                ;;
            counterfoil__server__subcmd__manifest,list)
                cmd="counterfoil__server__subcmd__manifest__subcmd__list"
                ;;
            counterfoil__server__subcmd__manifest,publish)
                cmd="counterfoil__server__subcmd__manifest__subcmd__publish"
                ;;
            counterfoil__server__subcmd__manifest,rollback)
                cmd="counterfoil__server__subcmd__manifest__subcmd__rollback"
                ;;
            counterfoil__server__subcmd__manifest,show)
                cmd="counterfoil__server__subcmd__manifest__subcmd__show"
                ;;
            counterfoil__server__subcmd__manifest__subcmd__help,check)
                cmd="counterfoil__server__subcmd__manifest__subcmd__help__subcmd__check"
                ;;
            counterfoil__server__subcmd__manifest__subcmd__help,diff)
                cmd="counterfoil__server__subcmd__manifest__subcmd__help__subcmd__diff"
                ;;
            counterfoil__server__subcmd__manifest__subcmd__help,explain)
                cmd="counterfoil__server__subcmd__manifest__subcmd__help__subcmd__explain"
                ;;
            counterfoil__server__subcmd__manifest__subcmd__help,help)
                cmd="counterfoil__server__subcmd__manifest__subcmd__help__subcmd__help"
                ;;
            counterfoil__server__subcmd__manifest__subcmd__help,list)
                cmd="counterfoil__server__subcmd__manifest__subcmd__help__subcmd__list"
                ;;
            counterfoil__server__subcmd__manifest__subcmd__help,publish)
                cmd="counterfoil__server__subcmd__manifest__subcmd__help__subcmd__publish"
                ;;
            counterfoil__server__subcmd__manifest__subcmd__help,rollback)
                cmd="counterfoil__server__subcmd__manifest__subcmd__help__subcmd__rollback"
                ;;
            counterfoil__server__subcmd__manifest__subcmd__help,show)
                cmd="counterfoil__server__subcmd__manifest__subcmd__help__subcmd__show"
                ;;
            counterfoil__server__subcmd__product,add)
                cmd="counterfoil__server__subcmd__product__subcmd__add"
                ;;
            counterfoil__server__subcmd__product,help)
                cmd="counterfoil__server__subcmd__product__subcmd__help"
                ;;
            counterfoil__server__subcmd__product__subcmd__help,add)
                cmd="counterfoil__server__subcmd__product__subcmd__help__subcmd__add"
                ;;
            counterfoil__server__subcmd__product__subcmd__help,help)
                cmd="counterfoil__server__subcmd__product__subcmd__help__subcmd__help"
                ;;
            counterfoil__server__subcmd__root,help)
                cmd="counterfoil__server__subcmd__root__subcmd__help"
                ;;
            counterfoil__server__subcmd__root,init)
                cmd="counterfoil__server__subcmd__root__subcmd__init"
                ;;
            counterfoil__server__subcmd__root,sign-bundle)
                cmd="counterfoil__server__subcmd__root__subcmd__sign__subcmd__bundle"
                ;;
            counterfoil__server__subcmd__root__subcmd__help,help)
                cmd="counterfoil__server__subcmd__root__subcmd__help__subcmd__help"
                ;;
            counterfoil__server__subcmd__root__subcmd__help,init)
                cmd="counterfoil__server__subcmd__root__subcmd__help__subcmd__init"
                ;;
            counterfoil__server__subcmd__root__subcmd__help,sign-bundle)
                cmd="counterfoil__server__subcmd__root__subcmd__help__subcmd__sign__subcmd__bundle"
                ;;
            counterfoil__server__subcmd__seat,free)
                cmd="counterfoil__server__subcmd__seat__subcmd__free"
                ;;
            counterfoil__server__subcmd__seat,help)
                cmd="counterfoil__server__subcmd__seat__subcmd__help"
                ;;
            counterfoil__server__subcmd__seat,list)
                cmd="counterfoil__server__subcmd__seat__subcmd__list"
                ;;
            counterfoil__server__subcmd__seat__subcmd__help,free)
                cmd="counterfoil__server__subcmd__seat__subcmd__help__subcmd__free"
                ;;
            counterfoil__server__subcmd__seat__subcmd__help,help)
                cmd="counterfoil__server__subcmd__seat__subcmd__help__subcmd__help"
                ;;
            counterfoil__server__subcmd__seat__subcmd__help,list)
                cmd="counterfoil__server__subcmd__seat__subcmd__help__subcmd__list"
                ;;
            *)
                ;;
        esac
    done

    case "${cmd}" in
        counterfoil__server)
            opts="-h -V --dir --passphrase-file --clock-is-right --json --help --version init root ek-root ek product manifest license clock seat device answer verify-evidence completions man help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 1 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__answer)
            opts="-o -h --output --dir --passphrase-file --clock-is-right --json --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --output)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__clock)
            opts="-h --dir --passphrase-file --clock-is-right --json --help show accept correct help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__clock__subcmd__accept)
            opts="-h --dir --passphrase-file --clock-is-right --json --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__clock__subcmd__correct)
            opts="-h --yes --dir --passphrase-file --clock-is-right --json --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__clock__subcmd__help)
            opts="show accept correct help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__clock__subcmd__help__subcmd__accept)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__clock__subcmd__help__subcmd__correct)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__clock__subcmd__help__subcmd__help)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__clock__subcmd__help__subcmd__show)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__clock__subcmd__show)
            opts="-h --dir --passphrase-file --clock-is-right --json --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__completions)
            opts="-h --dir --passphrase-file --clock-is-right --json --help bash elvish fish powershell zsh"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__device)
            opts="-h --dir --passphrase-file --clock-is-right --json --help approve-platform help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__device__subcmd__approve__subcmd__platform)
            opts="-h --device --digest --dir --passphrase-file --clock-is-right --json --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --device)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --digest)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__device__subcmd__help)
            opts="approve-platform help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__device__subcmd__help__subcmd__approve__subcmd__platform)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__device__subcmd__help__subcmd__help)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__ek)
            opts="-h --dir --passphrase-file --clock-is-right --json --help allow check help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__ek__subcmd__root)
            opts="-h --dir --passphrase-file --clock-is-right --json --help add list remove help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__ek__subcmd__root__subcmd__add)
            opts="-h --class --expired --crl --dir --passphrase-file --clock-is-right --json --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --class)
                    COMPREPLY=($(compgen -W "hardware virtual registered test" -- "${cur}"))
                    return 0
                    ;;
                --expired)
                    COMPREPLY=($(compgen -W "accept refuse" -- "${cur}"))
                    return 0
                    ;;
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__ek__subcmd__root__subcmd__help)
            opts="add list remove help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__ek__subcmd__root__subcmd__help__subcmd__add)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__ek__subcmd__root__subcmd__help__subcmd__help)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__ek__subcmd__root__subcmd__help__subcmd__list)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__ek__subcmd__root__subcmd__help__subcmd__remove)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__ek__subcmd__root__subcmd__list)
            opts="-h --dir --passphrase-file --clock-is-right --json --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__ek__subcmd__root__subcmd__remove)
            opts="-h --dir --passphrase-file --clock-is-right --json --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__ek__subcmd__allow)
            opts="-h --note --dir --passphrase-file --clock-is-right --json --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --note)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__ek__subcmd__check)
            opts="-h --dir --passphrase-file --clock-is-right --json --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__ek__subcmd__help)
            opts="allow check help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__ek__subcmd__help__subcmd__allow)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__ek__subcmd__help__subcmd__check)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__ek__subcmd__help__subcmd__help)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help)
            opts="init root ek-root ek product manifest license clock seat device answer verify-evidence completions man help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__answer)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__clock)
            opts="show accept correct"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__clock__subcmd__accept)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__clock__subcmd__correct)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__clock__subcmd__show)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__completions)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__device)
            opts="approve-platform"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__device__subcmd__approve__subcmd__platform)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__ek)
            opts="allow check"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__ek__subcmd__root)
            opts="add list remove"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__ek__subcmd__root__subcmd__add)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__ek__subcmd__root__subcmd__list)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__ek__subcmd__root__subcmd__remove)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__ek__subcmd__allow)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__ek__subcmd__check)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__help)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__init)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__license)
            opts="create list show"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__license__subcmd__create)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__license__subcmd__list)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__license__subcmd__show)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__man)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__manifest)
            opts="check publish rollback list show diff explain"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__manifest__subcmd__check)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__manifest__subcmd__diff)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__manifest__subcmd__explain)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__manifest__subcmd__list)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__manifest__subcmd__publish)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__manifest__subcmd__rollback)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__manifest__subcmd__show)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__product)
            opts="add"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__product__subcmd__add)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__root)
            opts="init sign-bundle"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__root__subcmd__init)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__root__subcmd__sign__subcmd__bundle)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__seat)
            opts="list free"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__seat__subcmd__free)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__seat__subcmd__list)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__help__subcmd__verify__subcmd__evidence)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__init)
            opts="-h --name --root-public --dir --passphrase-file --clock-is-right --json --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --name)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --root-public)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__license)
            opts="-h --dir --passphrase-file --clock-is-right --json --help create list show help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__license__subcmd__create)
            opts="-h --product --edition --features --seats --expires --days --segment --user --standby --dir --passphrase-file --clock-is-right --json --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --product)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --edition)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --features)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --seats)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --expires)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --days)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --segment)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__license__subcmd__help)
            opts="create list show help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__license__subcmd__help__subcmd__create)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__license__subcmd__help__subcmd__help)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__license__subcmd__help__subcmd__list)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__license__subcmd__help__subcmd__show)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__license__subcmd__list)
            opts="-h --dir --passphrase-file --clock-is-right --json --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__license__subcmd__show)
            opts="-h --dir --passphrase-file --clock-is-right --json --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__man)
            opts="-h --dir --passphrase-file --clock-is-right --json --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__manifest)
            opts="-h --dir --passphrase-file --clock-is-right --json --help check publish rollback list show diff explain help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__manifest__subcmd__check)
            opts="-h --dir --passphrase-file --clock-is-right --json --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__manifest__subcmd__diff)
            opts="-h --dir --passphrase-file --clock-is-right --json --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__manifest__subcmd__explain)
            opts="-h --class --edition --contact --language --dir --passphrase-file --clock-is-right --json --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --class)
                    COMPREPLY=($(compgen -W "hardware virtual registered test" -- "${cur}"))
                    return 0
                    ;;
                --edition)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --contact)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --language)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__manifest__subcmd__help)
            opts="check publish rollback list show diff explain help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__manifest__subcmd__help__subcmd__check)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__manifest__subcmd__help__subcmd__diff)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__manifest__subcmd__help__subcmd__explain)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__manifest__subcmd__help__subcmd__help)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__manifest__subcmd__help__subcmd__list)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__manifest__subcmd__help__subcmd__publish)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__manifest__subcmd__help__subcmd__rollback)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__manifest__subcmd__help__subcmd__show)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__manifest__subcmd__list)
            opts="-h --dir --passphrase-file --clock-is-right --json --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__manifest__subcmd__publish)
            opts="-h --dir --passphrase-file --clock-is-right --json --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__manifest__subcmd__rollback)
            opts="-h --dir --passphrase-file --clock-is-right --json --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__manifest__subcmd__show)
            opts="-h --dir --passphrase-file --clock-is-right --json --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__product)
            opts="-h --dir --passphrase-file --clock-is-right --json --help add help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__product__subcmd__add)
            opts="-h --allow-class --rules --dir --passphrase-file --clock-is-right --json --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --allow-class)
                    COMPREPLY=($(compgen -W "hardware virtual registered test" -- "${cur}"))
                    return 0
                    ;;
                --rules)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__product__subcmd__help)
            opts="add help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__product__subcmd__help__subcmd__add)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__product__subcmd__help__subcmd__help)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__root)
            opts="-h --dir --passphrase-file --clock-is-right --json --help init sign-bundle help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__root__subcmd__help)
            opts="init sign-bundle help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__root__subcmd__help__subcmd__help)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__root__subcmd__help__subcmd__init)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__root__subcmd__help__subcmd__sign__subcmd__bundle)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__root__subcmd__init)
            opts="-h --dir --passphrase-file --clock-is-right --json --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__root__subcmd__sign__subcmd__bundle)
            opts="-h --in --out --yes --dir --passphrase-file --clock-is-right --json --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --in)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --out)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__seat)
            opts="-h --dir --passphrase-file --clock-is-right --json --help list free help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__seat__subcmd__free)
            opts="-h --device --yes --dir --passphrase-file --clock-is-right --json --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --device)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__seat__subcmd__help)
            opts="list free help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__seat__subcmd__help__subcmd__free)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__seat__subcmd__help__subcmd__help)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__seat__subcmd__help__subcmd__list)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__seat__subcmd__list)
            opts="-h --dir --passphrase-file --clock-is-right --json --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        counterfoil__subcmd__server__subcmd__verify__subcmd__evidence)
            opts="-h --nonce --dir --passphrase-file --clock-is-right --json --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --nonce)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passphrase-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
    esac
}

if [[ "${BASH_VERSINFO[0]}" -eq 4 && "${BASH_VERSINFO[1]}" -ge 4 || "${BASH_VERSINFO[0]}" -gt 4 ]]; then
    complete -F _counterfoil__server -o nosort -o bashdefault -o default counterfoil-server
else
    complete -F _counterfoil__server -o bashdefault -o default counterfoil-server
fi
