#include "privileges.h"

#include <grp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* LeakSanitizer, which looks into the process, is the only one who may. */
#ifdef __SANITIZE_ADDRESS__
enum { DUMPABLE = 1 };
#else
enum { DUMPABLE = 0 };
#endif

enum { NOBODY = 65534 };

/* A change of user takes back that the process is to end with the one that started it. */
static bool become_nobody(void)
{
    int signal_of_parents_death = 0;
    return prctl(PR_GET_PDEATHSIG, &signal_of_parents_death) == 0 && setgroups(0, NULL) == 0 &&
           setgid(NOBODY) == 0 && setuid(NOBODY) == 0 &&
           prctl(PR_SET_PDEATHSIG, signal_of_parents_death) == 0;
}

bool privileges_drop(void)
{
    const struct rlimit none = {0};
    umask(077);
    return setrlimit(RLIMIT_CORE, &none) == 0 && (geteuid() != 0 || become_nobody()) &&
           prctl(PR_SET_DUMPABLE, DUMPABLE) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}
