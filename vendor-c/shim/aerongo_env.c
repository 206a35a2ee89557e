#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "aerongo_env.h"

static _Thread_local int aerongo_env_scope = AERONGO_ENV_SCOPE_PROCESS;
static atomic_int aerongo_env_process_allowed = 0;

void aerongo_env_scope_set(int scope)
{
    switch (scope)
    {
        case AERONGO_ENV_SCOPE_PROCESS:
        case AERONGO_ENV_SCOPE_ALLOW:
            aerongo_env_scope = scope;
            break;

        default:
            aerongo_env_scope = AERONGO_ENV_SCOPE_DENY;
            break;
    }
}

int aerongo_env_scope_get(void)
{
    return aerongo_env_scope;
}

void aerongo_env_process_allow(int allow)
{
    atomic_store(&aerongo_env_process_allowed, 0 != allow);
}

static int aerongo_env_has_prefix(const char *name, const char *prefix)
{
    return 0 == strncmp(name, prefix, strlen(prefix));
}

static int aerongo_env_is_allowed(void)
{
    switch (aerongo_env_scope)
    {
        case AERONGO_ENV_SCOPE_ALLOW:
            return 1;

        case AERONGO_ENV_SCOPE_PROCESS:
            return atomic_load(&aerongo_env_process_allowed);

        default:
            return 0;
    }
}

char *aerongo_getenv(const char *name)
{
    char *value;

    if (NULL == name)
    {
        return NULL;
    }

    if (!aerongo_env_has_prefix(name, "AERON_"))
    {
        return getenv(name);
    }

    if (aerongo_env_has_prefix(name, "AERON_EVENT_LOG") || !aerongo_env_is_allowed())
    {
        return NULL;
    }

    value = getenv(name);

    /* Upstream would take "" for a directory and make its files in the working directory. */
    if (NULL != value && '\0' == value[0] && 0 == strcmp(name, "AERON_DIR"))
    {
        return NULL;
    }

    return value;
}
