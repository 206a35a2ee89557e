#include "shim.h"

#include "util/aeron_error.h"

/* Every kind of parent has the same functions under its own name, and two kinds one more. */
#define AERONGO_DESTINATION(kind, verb) \
aerongo_result_t aerongo_##kind##_async_##verb##_destination(aeron_t *client, aeron_##kind##_t *parent, const char *uri) \
{ \
    aeron_async_destination_t *async = NULL; \
    aeron_err_clear(); \
    if (aeron_##kind##_async_##verb##_destination(&async, client, parent, uri) < 0) \
    { \
        return aerongo_failure(); \
    } \
    return aerongo_pointer(async); \
}

#define AERONGO_DESTINATION_BY_ID(kind) \
aerongo_result_t aerongo_##kind##_async_remove_destination_by_id(aeron_t *client, aeron_##kind##_t *parent, int64_t id) \
{ \
    aeron_async_destination_t *async = NULL; \
    aeron_err_clear(); \
    if (aeron_##kind##_async_remove_destination_by_id(&async, client, parent, id) < 0) \
    { \
        return aerongo_failure(); \
    } \
    return aerongo_pointer(async); \
}

/* value is 1 when the driver has answered. That, and a failure, both end the life of async. */
#define AERONGO_DESTINATION_POLL(kind) \
aerongo_result_t aerongo_##kind##_async_destination_poll(aeron_async_destination_t *async) \
{ \
    aeron_err_clear(); \
    return aerongo_status(aeron_##kind##_async_destination_poll(async)); \
}

AERONGO_DESTINATION(publication, add)
AERONGO_DESTINATION(publication, remove)
AERONGO_DESTINATION_BY_ID(publication)
AERONGO_DESTINATION_POLL(publication)
AERONGO_DESTINATION(exclusive_publication, add)
AERONGO_DESTINATION(exclusive_publication, remove)
AERONGO_DESTINATION_BY_ID(exclusive_publication)
AERONGO_DESTINATION_POLL(exclusive_publication)
AERONGO_DESTINATION(subscription, add)
AERONGO_DESTINATION(subscription, remove)
AERONGO_DESTINATION_POLL(subscription)
