/*
 * Linked into upstream's own programs (aeronmd, the samples), never into the archive: they take their settings from
 * AERON_* variables, as their manual says.
 */
#include "aerongo_env.h"

__attribute__((constructor)) static void aerongo_allow_environment(void)
{
    aerongo_env_process_allow(1);
}
