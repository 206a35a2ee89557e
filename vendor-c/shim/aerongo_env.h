/*
 * Whether the library may see AERON_* environment variables.
 *
 * Upstream reads some hundred of them while a context is made and again later. A program that embeds the library sets
 * what it wants in code, and a variable left over from another program must not change it. So they are hidden unless
 * allowed:
 *
 *   - for one call on one thread: aerongo_env_scope_set, around the call, put back afterwards;
 *   - for the process: aerongo_env_process_allow. A thread whose scope is AERONGO_ENV_SCOPE_PROCESS follows it.
 *
 * AERON_EVENT_LOG and its kin (every name with that prefix) are always hidden: the event log's agent ends the process when it cannot
 * open its file. An empty AERON_DIR counts as unset. Names that do not begin with AERON_ are not touched.
 */
#ifndef AERONGO_ENV_H
#define AERONGO_ENV_H

#ifdef __cplusplus
extern "C"
{
#endif

#define AERONGO_ENV_SCOPE_PROCESS 0 /* follow the process-wide flag; every thread starts so */
#define AERONGO_ENV_SCOPE_DENY 1    /* hide AERON_* from this thread */
#define AERONGO_ENV_SCOPE_ALLOW 2   /* show AERON_* to this thread */

/* Sets the calling thread's scope. A value that is none of the three denies. */
void aerongo_env_scope_set(int scope);

/* The calling thread's scope. */
int aerongo_env_scope_get(void);

/* Sets the process-wide flag: 0 denies (the default), anything else allows. Any thread, any time. */
void aerongo_env_process_allow(int allow);

/* What the library calls in place of getenv. NULL when the variable is unset or hidden, and for a NULL name. */
char *aerongo_getenv(const char *name);

#ifdef __cplusplus
}
#endif

#endif
