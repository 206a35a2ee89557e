/* What belongs to no driver and no client. */
#include "shim.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "util/aeron_error.h"

#if defined(__linux__) && defined(SYS_membarrier)
/*
 * aeronc orders the threads of a call and of a Close by membarrier(2), for which a process registers. While it has one thread, before
 * Go runs, that takes no time; later the kernel waits for every processor, and the first add took ten milliseconds longer.
 */
__attribute__((constructor)) static void aerongo_register_membarrier(void)
{
    const int register_private_expedited = 1 << 4; /* of linux/membarrier.h, which not every system has */

    syscall(SYS_membarrier, register_private_expedited, 0, 0);
}
#endif

aerongo_result_t aerongo_default_path(char *path, size_t length)
{
    aeron_err_clear();
    return aerongo_status(aeron_default_path(path, length));
}

aerongo_result_t aerongo_delete_directory(const char *directory)
{
    aeron_err_clear();
    return aerongo_status(aeron_delete_directory(directory));
}

static void aerongo_ignore_line(const char *line)
{
}

bool aerongo_is_driver_active(const char *directory, int64_t timeout_ms)
{
    bool active = aeron_is_driver_active(directory, timeout_ms, aerongo_ignore_line);
    aeron_err_clear();
    return active;
}

aerongo_result_t aerongo_properties_buffer_load(const char *text)
{
    aeron_err_clear();
    return aerongo_status(aeron_properties_buffer_load(text));
}

aerongo_result_t aerongo_properties_file_load(const char *file)
{
    aeron_err_clear();
    return aerongo_status(aeron_properties_file_load(file));
}

aerongo_result_t aerongo_properties_http_load(const char *url)
{
    aeron_err_clear();
    return aerongo_status(aeron_properties_http_load(url));
}

aerongo_result_t aerongo_properties_load(const char *url_or_file)
{
    aeron_err_clear();
    return aerongo_status(aeron_properties_load(url_or_file));
}

/* ---- what Aeron prints ------------------------------------------------------------------------------------------ */

/* Where it goes instead. Never freed: a thread of C's may be on its way there. */
static _Atomic(aerongo_events_t *) aerongo_printed;

static int aerongo_print(const char *source, uint64_t line, void *stream, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    char *text = length < 0 ? NULL : malloc((size_t)length + 1);
    if (NULL != text)
    {
        vsnprintf(text, (size_t)length + 1, format, again);
        aerongo_events_push_printed(atomic_load(&aerongo_printed), text, stderr == stream);
        free(text);
    }
    va_end(again);

    return length;
}

static aeron_fprintf_handler_t aerongo_print_before;

void aerongo_set_fprintf_handler(aerongo_events_t *events)
{
    if (NULL != events)
    {
        atomic_store(&aerongo_printed, events);
        aeron_fprintf_handler_t before = aeron_set_fprintf_handler(aerongo_print);
        if (aerongo_print != before)
        {
            aerongo_print_before = before;
        }
    }
    else if (NULL != aerongo_print_before)
    {
        aeron_set_fprintf_handler(aerongo_print_before);
    }
}

bool aerongo_has_fprintf_handler(void)
{
    return aerongo_print == aeron_get_fprintf_handler();
}

int aerongo_fprintf(bool to_stderr, const char *text)
{
    return aeron_fprintf(__FILE__, __LINE__, to_stderr ? stderr : stdout, "%s", text);
}
