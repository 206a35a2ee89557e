/* Compiled by a test against an installed prefix: what the archive's own C promises. Prints one line for each thing that is wrong. */
#define _GNU_SOURCE
#include <aerongo_native.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <aeron_driver_context.h>
#include <aeron_socket.h>
#include <aeronc.h>
#include <aeronmd.h>
#include <media/aeron_udp_transport_poller.h>

#include <aerongo_env.h>

static int failures = 0;

#define CHECK(condition) \
    do \
    { \
        if (!(condition)) \
        { \
            printf("line %d: %s\n", __LINE__, #condition); \
            failures++; \
        } \
    } while (0)

static int close_on_exec(int fd)
{
    int flags = fcntl(fd, F_GETFD);
    return flags >= 0 && 0 != (flags & FD_CLOEXEC);
}

static void check_descriptors(void)
{
    aeron_udp_transport_poller_t poller;
    aeron_driver_context_t *context = NULL;
    int fd = aeron_socket(AF_INET, SOCK_DGRAM, 0);

    CHECK(fd >= 0);
    CHECK(close_on_exec(fd));
    aeron_close_socket(fd);
    CHECK(aeron_socket(-1, SOCK_DGRAM, 0) < 0);
    CHECK(0 == strncmp(aeron_errmsg(), "(97) Address family not supported by protocol", 40));

    CHECK(0 == aeron_driver_context_init(&context));
    CHECK(0 == aeron_udp_transport_poller_init(&poller, context, AERON_UDP_CHANNEL_TRANSPORT_AFFINITY_RECEIVER));
    CHECK(close_on_exec(poller.fd));
    CHECK(0 == aeron_udp_transport_poller_close(&poller));
    CHECK(0 == aeron_driver_context_close(context));
}

static int sees_directory(const char *directory)
{
    int sees = 0;
    aeron_context_t *context = NULL;

    if (aeron_context_init(&context) < 0)
    {
        return -1;
    }
    sees = 0 == strcmp(aeron_context_get_dir(context), directory);
    aeron_context_close(context);

    return sees;
}

static void *other_thread(void *ignored)
{
    (void)ignored;
    CHECK(AERONGO_ENV_SCOPE_PROCESS == aerongo_env_scope_get());
    CHECK(0 == sees_directory("/nowhere/at/all"));

    return NULL;
}

static void check_environment(void)
{
    pthread_t thread;
    aeron_driver_context_t *context = NULL;

    setenv("AERON_DIR", "/nowhere/at/all", 1);
    setenv("AERON_MTU_LENGTH", "4096", 1);
    setenv("AERON_EVENT_LOG", "all", 1);
    setenv("AERON_EVENT_LOG_FILENAME", "/nowhere/at/all", 1);
    setenv("AERONIC", "seen", 1);

    CHECK(AERONGO_ENV_SCOPE_PROCESS == aerongo_env_scope_get());
    CHECK(0 == sees_directory("/nowhere/at/all"));
    CHECK(NULL == aerongo_getenv(NULL));
    CHECK(0 == strcmp("seen", aerongo_getenv("AERONIC")));
    CHECK(NULL != aerongo_getenv("PATH"));

    aerongo_env_scope_set(AERONGO_ENV_SCOPE_ALLOW);
    CHECK(1 == sees_directory("/nowhere/at/all"));
    CHECK(NULL == aerongo_getenv("AERON_EVENT_LOG"));
    CHECK(NULL == aerongo_getenv("AERON_EVENT_LOG_FILENAME"));
    pthread_create(&thread, NULL, other_thread, NULL);
    pthread_join(thread, NULL);
    /* With the variables seen, the event log's would end the process here. */
    CHECK(0 == aeron_driver_context_init(&context));
    CHECK(4096 == aeron_driver_context_get_mtu_length(context));
    aeron_driver_context_close(context);

    setenv("AERON_DIR", "", 1);
    CHECK(0 == sees_directory(""));
    CHECK(NULL == aerongo_getenv("AERON_DIR"));
    setenv("AERON_CLIENT_NAME", "", 1);
    CHECK(NULL != aerongo_getenv("AERON_CLIENT_NAME"));
    setenv("AERON_DIR", "/nowhere/at/all", 1);

    aerongo_env_process_allow(1);
    aerongo_env_scope_set(AERONGO_ENV_SCOPE_DENY);
    CHECK(0 == sees_directory("/nowhere/at/all"));
    aerongo_env_scope_set(42);
    CHECK(AERONGO_ENV_SCOPE_DENY == aerongo_env_scope_get());
    aerongo_env_scope_set(AERONGO_ENV_SCOPE_PROCESS);
    CHECK(1 == sees_directory("/nowhere/at/all"));
    CHECK(NULL == aerongo_getenv("AERON_EVENT_LOG"));
    aerongo_env_process_allow(0);
    CHECK(0 == sees_directory("/nowhere/at/all"));
}

int main(void)
{
    CHECK(0 == strcmp("1.54.0", AERONGO_NATIVE_VERSION));
    CHECK(0 == strcmp("1.54.0", aeron_version_text()));
    CHECK(AERONGO_NATIVE_VERSION_MAJOR == aeron_version_major());
    CHECK(AERONGO_NATIVE_VERSION_MINOR == aeron_version_minor());
    CHECK(AERONGO_NATIVE_VERSION_PATCH == aeron_version_patch());
    CHECK(0 == strcmp("+guilty", aeron_version_gitsha()));
    CHECK(16 == strlen(AERONGO_NATIVE_LIBRARY_ID));
    CHECK(0 == AERONGO_NATIVE_ASAN);
    check_descriptors();
    check_environment();

    return 0 == failures ? 0 : 1;
}
