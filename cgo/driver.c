#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aeron_driver_context.h"
#include "concurrent/aeron_logbuffer_descriptor.h"
#include "util/aeron_error.h"
#include "util/aeron_fileutil.h"

/* Environment scopes of aerongo_env.h: what Aeron's getenv sees of AERON_* while one of our calls runs. */
static int aerongo_enter_environment(int from_env)
{
    int before = aerongo_env_scope_get();
    aerongo_env_scope_set(from_env ? AERONGO_ENV_SCOPE_ALLOW : AERONGO_ENV_SCOPE_DENY);
    return before;
}

/* Whether one of the two directories above a log, the driver's and publications or images in it, is a symbolic link by now. A driver starts in
 * no such directory, and C would make and remove files behind the link, by their names. */
static bool aerongo_leads_elsewhere(const char *log)
{
    char path[AERON_MAX_PATH];

    if (strlen(log) >= sizeof(path))
    {
        return true;
    }
    strcpy(path, log);
    for (int up = 0; up < 2; up++)
    {
        struct stat found;
        char *slash = strrchr(path, '/');
        if (NULL == slash)
        {
            return true;
        }
        while (slash > path && '/' == slash[-1])
        {
            slash--; /* behind "link/" lstat sees what is there */
        }
        *slash = '\0';
        if (0 == lstat(path, &found) && S_ISLNK(found.st_mode))
        {
            return true;
        }
    }

    return false;
}

static int aerongo_raw_log_map(
    aeron_mapped_raw_log_t *log, const char *path, bool use_sparse_files, uint64_t term_length, uint64_t page_size)
{
    if (aerongo_leads_elsewhere(path))
    {
        AERON_SET_ERR(ENOTDIR, "a symbolic link is in the place of the driver's directory: %s", path);
        return -1;
    }

    return aeron_raw_log_map(log, path, use_sparse_files, term_length, page_size);
}

/* Whether another log than the mapped one has its name by now. A driver that was frozen may have lost its directory to a new one, which
 * counts its logs from the same number on. They differ in what is drawn by lot: the initial term and the session. */
static bool aerongo_is_anothers(const aeron_mapped_raw_log_t *log, const char *path)
{
    const size_t begin = offsetof(aeron_logbuffer_metadata_t, correlation_id);
    uint8_t found[offsetof(aeron_logbuffer_metadata_t, entity_tag) - offsetof(aeron_logbuffer_metadata_t, correlation_id)];
    const uint8_t *own = log->log_meta_data.addr;

    if (NULL == log->mapped_file.addr)
    {
        return false; /* unmapped before: this is another attempt to remove it */
    }

    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
    {
        return false;
    }
    ssize_t length = pread(fd, found, sizeof(found), (off_t)(own - (uint8_t *)log->mapped_file.addr) + (off_t)begin);
    close(fd);

    return length >= 0 && ((size_t)length < sizeof(found) || 0 != memcmp(own + begin, found, sizeof(found)));
}

static bool aerongo_raw_log_free(aeron_mapped_raw_log_t *log, const char *path)
{
    /* Without a name it is unmapped, and no file removed. */
    return aeron_raw_log_free(
        log, NULL != path && (aerongo_leads_elsewhere(path) || aerongo_is_anothers(log, path)) ? NULL : path);
}

aerongo_result_t aerongo_driver_context_init(int from_env)
{
    aeron_driver_context_t *context = NULL;

    aeron_err_clear();
    int before = aerongo_enter_environment(from_env);
    int status = aeron_driver_context_init(&context);
    aerongo_env_scope_set(before);

    if (status < 0)
    {
        return aerongo_failure();
    }
    context->raw_log_map_func = aerongo_raw_log_map;
    context->raw_log_free_func = aerongo_raw_log_free;

    return aerongo_pointer(context);
}

aerongo_result_t aerongo_driver_context_close(aeron_driver_context_t *context)
{
    aeron_err_clear();
    return aerongo_status(aeron_driver_context_close(context));
}

aerongo_result_t aerongo_driver_context_guard_frames(aeron_driver_context_t *context)
{
    aeron_err_clear();
    return aerongo_status(aerongo_frame_guard_install(context));
}

void aerongo_driver_context_get_parts(aeron_driver_context_t *context, void *parts[AERONGO_DRIVER_CONTEXT_PARTS])
{
    parts[0] = aeron_driver_context_get_conductor_duty_cycle_tracker(context);
    parts[1] = aeron_driver_context_get_sender_duty_cycle_tracker(context);
    parts[2] = aeron_driver_context_get_receiver_duty_cycle_tracker(context);
    parts[3] = aeron_driver_context_get_name_resolver_time_tracker(context);
    parts[4] = aeron_driver_context_get_sender_port_manager(context);
    parts[5] = aeron_driver_context_get_receiver_port_manager(context);
    parts[6] = (void *)aeron_driver_context_get_udp_channel_transport_bindings(context);
    parts[7] = (void *)aeron_driver_context_get_udp_channel_outgoing_interceptors(context);
}

aerongo_result_t aerongo_driver_init(aeron_driver_context_t *context, int from_env)
{
    aeron_driver_t *driver = NULL;

    aeron_err_clear();
    int before = aerongo_enter_environment(from_env);
    int status = aeron_driver_init(&driver, context);
    aerongo_env_scope_set(before);

    return status < 0 ? aerongo_failure() : aerongo_pointer(driver);
}

aerongo_result_t aerongo_driver_start(aeron_driver_t *driver, bool manual_main_loop, int from_env)
{
    aeron_err_clear();
    int before = aerongo_enter_environment(from_env);
    int status = aeron_driver_start(driver, manual_main_loop);
    aerongo_env_scope_set(before);

    return aerongo_status(status);
}

aerongo_result_t aerongo_driver_main_do_work(aeron_driver_t *driver)
{
    aeron_err_clear();
    return aerongo_status(aeron_driver_main_do_work(driver));
}

void aerongo_driver_main_idle_strategy(aeron_driver_t *driver, int work_count)
{
    aeron_driver_main_idle_strategy(driver, work_count);
}

aerongo_result_t aerongo_driver_close(aeron_driver_t *driver)
{
    aeron_err_clear();
    return aerongo_status(aeron_driver_close(driver));
}
