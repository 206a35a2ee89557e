#include "shim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/aeron_error.h"

aerongo_result_t aerongo_value(int64_t value)
{
    aerongo_result_t result = { .value = value };
    return result;
}

aerongo_result_t aerongo_pointer(void *ptr)
{
    aerongo_result_t result = { .ptr = ptr };
    return result;
}

aerongo_result_t aerongo_failure(void)
{
    const char *message = aeron_errmsg();
    aerongo_result_t result =
        {
            .value = -1,
            .code = aeron_errcode(),
            .failed = 1,
            .text = strdup(NULL == message ? "" : message)
        };
    return result;
}

aerongo_result_t aerongo_status(int64_t status)
{
    if (status < 0)
    {
        return aerongo_failure();
    }

    return aerongo_value(status);
}

aerongo_result_t aerongo_command_status(int64_t status)
{
    if (status < 0 && 0 == aeron_errcode())
    {
        return aerongo_os_failure(
            -AERON_CLIENT_ERROR_DRIVER_BUFFER_FULL, "the media driver does not take commands: its ring is full");
    }

    return aerongo_status(status);
}

aerongo_result_t aerongo_os_failure(int error, const char *what)
{
    aerongo_result_t result = { .value = -1, .code = error, .failed = 1, .text = strdup(what) };
    return result;
}
