#include "shim.h"

#include <stdlib.h>
#include <string.h>

#include "aeron_client.h"
#include "uri/aeron_uri.h"
#include "util/aeron_error.h"

aerongo_result_t aerongo_context_init(int from_env)
{
    aeron_context_t *context = NULL;

    aeron_err_clear();
    int before = aerongo_env_scope_get();
    aerongo_env_scope_set(from_env ? AERONGO_ENV_SCOPE_ALLOW : AERONGO_ENV_SCOPE_DENY);
    int status = aeron_context_init(&context);
    aerongo_env_scope_set(before);

    return status < 0 ? aerongo_failure() : aerongo_pointer(context);
}

aerongo_result_t aerongo_context_close(aeron_context_t *context)
{
    aeron_err_clear();
    return aerongo_status(aeron_context_close(context));
}

aerongo_result_t aerongo_context_set_handlers(aeron_context_t *context, aerongo_listener_t *listener)
{
    aeron_err_clear();

    if (aeron_context_set_error_handler(context, aerongo_on_error, listener) < 0 ||
        aeron_context_set_publication_error_frame_handler(context, aerongo_on_error_frame, listener) < 0 ||
        aeron_context_set_on_new_publication(context, aerongo_on_new_publication, listener) < 0 ||
        aeron_context_set_on_new_exclusive_publication(context, aerongo_on_new_exclusive_publication, listener) < 0 ||
        aeron_context_set_on_new_subscription(context, aerongo_on_new_subscription, listener) < 0 ||
        aeron_context_set_on_available_counter(context, aerongo_on_available_counter, listener) < 0 ||
        aeron_context_set_on_unavailable_counter(context, aerongo_on_unavailable_counter, listener) < 0 ||
        aeron_context_set_on_close_client(context, aerongo_on_close_client, listener) < 0)
    {
        return aerongo_failure();
    }

    return aerongo_value(0);
}

#define AERONGO_SLOT(hook) \
{ \
    slot->handler = (void *)aeron_context_get_##hook(context); \
    slot->clientd = aeron_context_get_##hook##_clientd(context); \
    slot++; \
}

void aerongo_context_get_handlers(aeron_context_t *context, aerongo_slot_t slot[AERONGO_CONTEXT_SLOTS])
{
    AERONGO_SLOT(error_handler)
    AERONGO_SLOT(publication_error_frame_handler)
    AERONGO_SLOT(on_new_publication)
    AERONGO_SLOT(on_new_exclusive_publication)
    AERONGO_SLOT(on_new_subscription)
    AERONGO_SLOT(on_available_counter)
    AERONGO_SLOT(on_unavailable_counter)
    AERONGO_SLOT(on_close_client)
}

aerongo_result_t aerongo_context_request_driver_termination(
    const char *directory, const uint8_t *token, size_t token_length)
{
    aeron_err_clear();
    return aerongo_status(aeron_context_request_driver_termination(directory, token, token_length));
}

aerongo_result_t aerongo_client_init(aeron_context_t *context)
{
    aeron_t *client = NULL;

    aeron_err_clear();
    if (aeron_init(&client, context) < 0)
    {
        return aerongo_failure();
    }

    /* C begins with the last record that was broadcast before, which is for others, and believes of its place and length what the file says:
     * where bytes of the file are flipped, it copies from anywhere or never comes to an end. This begins behind it. */
    aeron_broadcast_receiver_t *receiver = &client->conductor.to_client_buffer;
    int64_t tail;
    AERON_GET_ACQUIRE(tail, receiver->descriptor->tail_counter);
    receiver->cursor = tail;
    receiver->next_record = tail;
    receiver->record_offset = (size_t)tail & receiver->mask;

    return aerongo_pointer(client);
}

aerongo_result_t aerongo_client_start(aeron_t *client)
{
    aeron_err_clear();
    return aerongo_status(aeron_start(client));
}

aerongo_result_t aerongo_client_main_do_work(aeron_t *client)
{
    aeron_err_clear();
    return aerongo_status(aeron_main_do_work(client));
}

aerongo_result_t aerongo_client_asked(aeron_t *client)
{
    aeron_client_conductor_t *conductor = &client->conductor;
    aeron_mpsc_rb_t *ring = &conductor->to_driver_buffer;
    /* A command has a channel of AERON_URI_MAX_LENGTH and less than 512 bytes else, and no more than the ring's longest message. At the
     * ring's end it leaves less than its own length empty. */
    const size_t longest = ring->max_message_length < AERON_URI_MAX_LENGTH + 512 ?
        ring->max_message_length : AERON_URI_MAX_LENGTH + 512;

    aeron_err_clear();
    if ((int64_t)ring->capacity - aeron_mpsc_rb_size(ring) < (int64_t)(2 * longest))
    {
        return aerongo_command_status(-1);
    }

    return aerongo_value((int64_t)conductor->registering_resources.length);
}

void aerongo_client_forget(aeron_t *client, int64_t asked)
{
    if ((int64_t)client->conductor.registering_resources.length > asked)
    {
        client->conductor.registering_resources.length = (size_t)asked;
    }
}

static void aerongo_own_counter(void *clientd, int64_t key, void *value)
{
    aeron_client_command_base_t *resource = (aeron_client_command_base_t *)value;

    if (AERON_CLIENT_MANAGED_RESOURCE_TYPE_STATIC_COUNTER == resource->type)
    {
        resource->type = AERON_CLIENT_MANAGED_RESOURCE_TYPE_COUNTER;
    }
}

aerongo_result_t aerongo_client_close(aeron_t *client)
{
    aeron_err_clear();
    /* aeron_close frees what is left of every kind but of static counters, of which there are some after an add that nobody has polled to its
     * end, and after the client has lost its driver. Freed as any other counter, they stay in the driver all the same: it hears that the
     * client has closed, and of no counter. Nobody but this thread looks once the conductor has stopped; to stop it again is nothing. */
    if (aeron_agent_stop(&client->runner) < 0)
    {
        return aerongo_failure();
    }
    aeron_int64_to_ptr_hash_map_for_each(&client->conductor.resource_by_id_map, aerongo_own_counter, NULL);

    return aerongo_status(aeron_close(client));
}

bool aerongo_client_is_closed(aeron_t *client)
{
    return aeron_is_closed(client);
}

void aerongo_client_main_idle_strategy(aeron_t *client, int work_count)
{
    aeron_main_idle_strategy(client, work_count);
}

aeron_context_t *aerongo_client_context(aeron_t *client)
{
    return aeron_context(client);
}

aerongo_result_t aerongo_client_next_correlation_id(aeron_t *client)
{
    aeron_err_clear();
    return aerongo_status(aeron_next_correlation_id(client));
}

aerongo_result_t aerongo_async_next_session_id(aeron_t *client, int32_t stream_id)
{
    aeron_async_get_next_available_session_id_t *async = NULL;

    aeron_err_clear();
    if (aeron_async_next_session_id(&async, client, stream_id) < 0)
    {
        return aerongo_failure();
    }

    return aerongo_pointer(async);
}

/* failed, or code says whether value is the id. Success and failure both end the life of async. */
aerongo_result_t aerongo_async_next_session_id_poll(aeron_async_get_next_available_session_id_t *async)
{
    int32_t session_id = 0;

    aeron_err_clear();
    int status = aeron_async_next_session_id_poll(&session_id, async);
    if (status < 0)
    {
        return aerongo_failure();
    }

    aerongo_result_t result = { .value = session_id, .code = status };
    return result;
}

/* Aeron hands a line to a function that it tells nothing else; it does so on the calling thread. */
static _Thread_local char *aerongo_lines;

static void aerongo_keep_line(const char *line)
{
    size_t before = NULL == aerongo_lines ? 0 : strlen(aerongo_lines);
    char *lines = realloc(aerongo_lines, before + strlen(line) + 1);
    if (NULL != lines)
    {
        strcpy(lines + before, line);
        aerongo_lines = lines;
    }
}

char *aerongo_client_print_counters(aeron_t *client)
{
    aerongo_lines = NULL;
    aeron_print_counters(client, aerongo_keep_line);
    char *lines = aerongo_lines;
    aerongo_lines = NULL;
    return lines;
}
