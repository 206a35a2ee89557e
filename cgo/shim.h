/*
 * What the Go side of this package calls. Rules, for every function here:
 *   - one call is one C operation plus its error: Aeron keeps errcode and errmsg per OS thread, and a goroutine may be
 *     on another thread at its next crossing, so both are copied out before the call returns;
 *   - the error is cleared first: Aeron never clears it on success and appends to what it finds;
 *   - nothing calls back into Go from a thread of C's: callbacks record into an event queue (events.c) that Go drains.
 */
#ifndef AERONGO_SHIM_H
#define AERONGO_SHIM_H

#if !defined(__linux__) && !defined(__APPLE__)
#error "aeron: this operating system is not supported: the embedded C driver builds on Linux (tested) and macOS (untested)"
#endif

#if !__has_include("aerongo_native.h")
#error "aeron: the native library is not found: run 'go run github.com/aeroncgo/aeron/cmd/aeron-native install', then do what its last line says about 'env' (in a checkout: 'make native')"
#endif

/* Go notices a changed header in this folder, and never a changed archive: the installed id is what makes it rebuild. */
#if __has_include("native_id.h")
#include "native_id.h"
#endif

#include "native_recipe.h"
#include "aerongo_native.h"

/* The flags of CGO_CFLAGS and CGO_LDFLAGS come first, and may be older than this file, or meant for another build. */
#if defined(AERONGO_NATIVE_VERSION) && AERONGO_NATIVE_RECIPE != AERONGO_RECIPE
#error "aeron: the native library that is found belongs to another version of this module: run 'go run github.com/aeroncgo/aeron/cmd/aeron-native install', then 'env' as before (in a checkout: unset CGO_CFLAGS and CGO_LDFLAGS, 'go env -u' too, and run 'make native')"
#endif
#if defined(__SANITIZE_ADDRESS__)
#define AERONGO_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define AERONGO_ASAN 1
#endif
#endif
#if defined(AERONGO_NATIVE_VERSION) && defined(AERONGO_ASAN) && !AERONGO_NATIVE_ASAN
#error "aeron: this build has AddressSanitizer (-asan) and the native library that is found has not: run 'go run github.com/aeroncgo/aeron/cmd/aeron-native install --asan', then 'env --asan' (in a checkout: unset CGO_CFLAGS and CGO_LDFLAGS, 'go env -u' too, and run 'make asan-native')"
#elif !defined(AERONGO_ASAN) && AERONGO_NATIVE_ASAN
#error "aeron: the native library that is found was built with AddressSanitizer and this build is not: build with -asan, or take the flags of 'env' without --asan"
#endif

#include "aerongo_env.h"
#include "aerongo_frame_guard.h"

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

#include "aeronc.h"
#include "aeronmd.h"

/* The outcome of one operation. On failure (failed != 0) text is malloc'ed and the caller's to free; otherwise NULL. */
typedef struct aerongo_result_stct
{
    int64_t value;
    void *ptr;
    char *text;
    int32_t code;
    int32_t failed;
}
aerongo_result_t;

/* Who C calls back, and with what. */
typedef struct aerongo_slot_stct
{
    void *handler;
    void *clientd;
}
aerongo_slot_t;

/* What a side's endpoints drop, as aeron_debug_channel_endpoint_configuration.c keeps it. */
typedef struct aerongo_debug_loss_stct
{
    double data_rate;
    int64_t data_seed;
    double control_rate;
    int64_t control_seed;
}
aerongo_debug_loss_t;

#define AERONGO_CONTEXT_SLOTS (8)

aerongo_result_t aerongo_value(int64_t value);
aerongo_result_t aerongo_pointer(void *ptr);
aerongo_result_t aerongo_failure(void);
/* A negative status is a failure, anything else a value: the convention of nearly every Aeron function. */
aerongo_result_t aerongo_status(int64_t status);
/* The status of what sends a command to the driver. C tells only its error handler that there was no room for it. */
aerongo_result_t aerongo_command_status(int64_t status);
aerongo_result_t aerongo_os_failure(int error, const char *what);

/* ---- events.c -------------------------------------------------------------------------------------------------- */

enum
{
    AERONGO_EVENT_ERROR = 1,
    AERONGO_EVENT_CLOSED = 2,
    AERONGO_EVENT_IMAGE_AVAILABLE = 3,
    AERONGO_EVENT_IMAGE_UNAVAILABLE = 4,
    AERONGO_EVENT_COUNTER_AVAILABLE = 5,
    AERONGO_EVENT_COUNTER_UNAVAILABLE = 6,
    AERONGO_EVENT_CLIENT_CLOSED = 7,
    AERONGO_EVENT_TERMINATION_REQUESTED = 8,
    AERONGO_EVENT_NEW_PUBLICATION = 9,
    AERONGO_EVENT_NEW_EXCLUSIVE_PUBLICATION = 10,
    AERONGO_EVENT_NEW_SUBSCRIPTION = 11,
    AERONGO_EVENT_ERROR_FRAME = 12,
    AERONGO_EVENT_PRINTED = 13,
};

typedef struct aerongo_event_stct
{
    struct aerongo_event_stct *next;
    void *tag;
    char *text;
    aeron_publication_error_values_t *error_frame; /* the receiver's to delete */
    int64_t registration_id;
    int64_t position;
    int32_t kind;
    int32_t code;
    int32_t session_id;
    int32_t counter_id;
    int32_t stream_id;
}
aerongo_event_t;

typedef struct aerongo_events_stct aerongo_events_t;

/* Who a callback is for: the queue and Go's tag for the object. Freed by Go when C can no longer call. */
typedef struct aerongo_listener_stct
{
    aerongo_events_t *events;
    void *tag;
}
aerongo_listener_t;

aerongo_result_t aerongo_events_create(void);
int aerongo_events_read_fd(aerongo_events_t *events);
int aerongo_events_take(aerongo_events_t *events, aerongo_event_t *event);
int64_t aerongo_events_dropped(aerongo_events_t *events);
void aerongo_events_push_for_test(aerongo_events_t *events, int32_t kind, int32_t code, const char *text);
void aerongo_events_destroy(aerongo_events_t *events);

/* What else there is of an error frame; message is values', and not NUL-terminated. */
typedef struct aerongo_error_frame_stct
{
    const char *message;
    int64_t destination_registration_id;
    int64_t receiver_id;
    int64_t group_tag;
    int32_t message_length;
    int16_t address_type;
    uint16_t source_port;
    uint8_t source_address[16];
}
aerongo_error_frame_t;

void aerongo_error_frame_read(aeron_publication_error_values_t *values, aerongo_error_frame_t *frame);
void aerongo_error_frame_delete(aeron_publication_error_values_t *values);

aerongo_listener_t *aerongo_listener_create(aerongo_events_t *events, void *tag);
void aerongo_listener_free(aerongo_listener_t *listener);

/* code is 1 for what went to standard error. */
void aerongo_events_push_printed(aerongo_events_t *events, const char *text, int32_t code);
void aerongo_on_error(void *clientd, int code, const char *message);
void aerongo_on_close_complete(void *clientd);
void aerongo_on_available_image(void *clientd, aeron_subscription_t *subscription, aeron_image_t *image);
void aerongo_on_unavailable_image(void *clientd, aeron_subscription_t *subscription, aeron_image_t *image);
void aerongo_on_available_counter(
    void *clientd, aeron_counters_reader_t *reader, int64_t registration_id, int32_t counter_id);
void aerongo_on_unavailable_counter(
    void *clientd, aeron_counters_reader_t *reader, int64_t registration_id, int32_t counter_id);
void aerongo_on_new_publication(
    void *clientd, const char *channel, int32_t stream_id, int32_t session_id, int64_t correlation_id);
void aerongo_on_new_exclusive_publication(
    void *clientd, const char *channel, int32_t stream_id, int32_t session_id, int64_t correlation_id);
void aerongo_on_new_subscription(void *clientd, const char *channel, int32_t stream_id, int64_t correlation_id);
void aerongo_on_error_frame(void *clientd, aeron_publication_error_values_t *values);
void aerongo_on_close_client(void *clientd);
void aerongo_on_termination(void *clientd);

/* Setters of both contexts: settings_gen.h. */

/* ---- driver_context.c, driver.c -------------------------------------------------------------------------------- */

aerongo_result_t aerongo_driver_context_init(int from_env);
aerongo_result_t aerongo_driver_context_close(aeron_driver_context_t *context);
aerongo_result_t aerongo_driver_context_guard_frames(aeron_driver_context_t *context);


#define AERONGO_DRIVER_CONTEXT_PARTS (8)

/* What a context holds that only C can make. */
void aerongo_driver_context_get_parts(aeron_driver_context_t *context, void *parts[AERONGO_DRIVER_CONTEXT_PARTS]);

aerongo_result_t aerongo_driver_init(aeron_driver_context_t *context, int from_env);
aerongo_result_t aerongo_driver_start(aeron_driver_t *driver, bool manual_main_loop, int from_env);
aerongo_result_t aerongo_driver_main_do_work(aeron_driver_t *driver);
void aerongo_driver_main_idle_strategy(aeron_driver_t *driver, int work_count);
aerongo_result_t aerongo_driver_close(aeron_driver_t *driver);

/* ---- agent.c ---------------------------------------------------------------------------------------------------- */

/* What a request to end the driver must carry. */
typedef struct aerongo_token_stct
{
    int32_t length;
    uint8_t bytes[1024];
}
aerongo_token_t;

aerongo_result_t aerongo_driver_context_apply_affinity(aeron_driver_context_t *context);
bool aerongo_driver_context_applies_affinity(aeron_driver_context_t *context);
aerongo_result_t aerongo_driver_context_set_termination_validator(
    aeron_driver_context_t *context, bool allow, aerongo_token_t *token);
int aerongo_driver_context_termination_validator(aeron_driver_context_t *context);
aerongo_result_t aerongo_driver_context_set_termination_hook(
    aeron_driver_context_t *context, aerongo_listener_t *listener);
bool aerongo_driver_context_has_termination_hook(aeron_driver_context_t *context, aerongo_listener_t *listener);

/* ---- supplier.c ------------------------------------------------------------------------------------------------- */

aerongo_result_t aerongo_driver_context_set_flow_control(
    aeron_driver_context_t *context, bool multicast, const char *name);
const char *aerongo_driver_context_flow_control(aeron_driver_context_t *context, bool multicast);
aerongo_result_t aerongo_driver_context_set_congestion_control(aeron_driver_context_t *context, const char *name);
const char *aerongo_driver_context_congestion_control(aeron_driver_context_t *context);
aerongo_result_t aerongo_driver_context_set_name_resolver(aeron_driver_context_t *context, const char *name);
const char *aerongo_driver_context_name_resolver(aeron_driver_context_t *context);
aerongo_result_t aerongo_driver_context_set_wildcard_ports(
    aeron_driver_context_t *context, bool receiver, uint16_t low, uint16_t high);
uint32_t aerongo_driver_context_wildcard_ports(aeron_driver_context_t *context, bool receiver);
aerongo_result_t aerongo_driver_context_set_receiver_group_tag(
    aeron_driver_context_t *context, bool is_present, int64_t value);
aerongo_result_t aerongo_driver_context_set_incoming_loss(
    aeron_driver_context_t *context, const char *name, const char *args);
const char *aerongo_driver_context_incoming_loss(aeron_driver_context_t *context);
aerongo_result_t aerongo_driver_context_set_debug_loss(
    aeron_driver_context_t *context, bool receive, aerongo_debug_loss_t loss);
aerongo_debug_loss_t aerongo_driver_context_debug_loss(aeron_driver_context_t *context, bool receive);

/* ---- context.c, client.c --------------------------------------------------------------------------------------- */

aerongo_result_t aerongo_context_init(int from_env);
aerongo_result_t aerongo_context_close(aeron_context_t *context);
/* Installs every handler. Without an error handler of ours Aeron's own ends the process. */
aerongo_result_t aerongo_context_set_handlers(aeron_context_t *context, aerongo_listener_t *listener);
void aerongo_context_get_handlers(aeron_context_t *context, aerongo_slot_t slots[AERONGO_CONTEXT_SLOTS]);
aerongo_result_t aerongo_context_request_driver_termination(
    const char *directory, const uint8_t *token, size_t token_length);

aerongo_result_t aerongo_client_init(aeron_context_t *context);
aerongo_result_t aerongo_client_start(aeron_t *client);
aerongo_result_t aerongo_client_main_do_work(aeron_t *client);
/* What the client waits to hear of the driver, or a failure while the ring to the driver may not take another command. */
aerongo_result_t aerongo_client_asked(aeron_t *client);
/* After a question has failed on this thread, of a client in invoker mode which had asked so many before: C keeps it, and has freed it. */
void aerongo_client_forget(aeron_t *client, int64_t asked);
aerongo_result_t aerongo_client_close(aeron_t *client);
bool aerongo_client_is_closed(aeron_t *client);
void aerongo_client_main_idle_strategy(aeron_t *client, int work_count);
aeron_context_t *aerongo_client_context(aeron_t *client);
aerongo_result_t aerongo_client_next_correlation_id(aeron_t *client);
aerongo_result_t aerongo_async_next_session_id(aeron_t *client, int32_t stream_id);
aerongo_result_t aerongo_async_next_session_id_poll(aeron_async_get_next_available_session_id_t *async);
/* The caller's to free. */
char *aerongo_client_print_counters(aeron_t *client);

/* ---- publication.c, exclusive_publication.c -------------------------------------------------------------------- */

/* What the mapped log and its counters look like from Go: addresses into the publication's own mapping. */
typedef struct aerongo_publication_info_stct
{
    int64_t registration_id;
    int64_t original_registration_id;
    int64_t max_possible_position;
    int64_t max_message_length;
    int64_t max_payload_length;
    int64_t term_buffer_length;
    int64_t position_bits_to_shift;
    int32_t initial_term_id;
    int32_t session_id;
    int32_t stream_id;
    int32_t position_limit_counter_id;
    int32_t channel_status_indicator_id;
}
aerongo_publication_info_t;

/* A claim, or value < 0: the reason there is none. */
typedef struct aerongo_claim_stct
{
    int64_t value;
    uint8_t *frame;
    uint8_t *data;
    char *text;
    int32_t code;
}
aerongo_claim_t;

/* An offer: value is the new position, or a negative code; text only with AERON_PUBLICATION_ERROR. */
typedef struct aerongo_offer_stct
{
    int64_t value;
    char *text;
    int32_t code;
}
aerongo_offer_t;

/* What an offer of C's returned, with the error that goes with it. Clears behind it: before each offer it would cost what is common. */
aerongo_offer_t aerongo_offered(int64_t value);
/* A nil slice is a legal empty message; C refuses a NULL buffer whatever the length. */
extern const uint8_t aerongo_nothing[1];
/* C asks for the reserved value of every frame; the answer is the same for all of a message, clientd points at it. */
int64_t aerongo_reserved_value(void *clientd, uint8_t *buffer, size_t frame_length);

aerongo_result_t aerongo_async_add_publication(aeron_t *client, const char *uri, int32_t stream_id);
aerongo_result_t aerongo_async_add_publication_poll(aeron_async_add_publication_t *async);
aerongo_result_t aerongo_async_add_publication_cancel(aeron_t *client, aeron_async_add_publication_t *async);
aerongo_result_t aerongo_async_remove_publication(aeron_t *client, int64_t registration_id);
aerongo_result_t aerongo_publication_constants(aeron_publication_t *publication, aerongo_publication_info_t *info);
aerongo_offer_t aerongo_publication_offer(aeron_publication_t *publication, const uint8_t *buffer, size_t length);
aerongo_offer_t aerongo_publication_offer_reserved(
    aeron_publication_t *publication, const uint8_t *buffer, size_t length, int64_t reserved);
aerongo_offer_t aerongo_publication_offerv(
    aeron_publication_t *publication, aeron_iovec_t *parts, size_t count, int64_t reserved);
aerongo_claim_t aerongo_publication_try_claim(aeron_publication_t *publication, size_t length);
bool aerongo_publication_is_connected(aeron_publication_t *publication);
int64_t aerongo_publication_position(aeron_publication_t *publication);
int64_t aerongo_publication_position_limit(aeron_publication_t *publication);
int64_t aerongo_publication_channel_status(aeron_publication_t *publication);
bool aerongo_publication_is_closed(aeron_publication_t *publication);
aerongo_result_t aerongo_publication_close(aeron_publication_t *publication, aerongo_listener_t *listener);
aerongo_result_t aerongo_publication_local_sockaddrs(
    aeron_publication_t *publication, aeron_iovec_t *addresses, size_t count);
const char *aerongo_publication_channel(aeron_publication_t *publication);
int32_t aerongo_publication_stream_id(aeron_publication_t *publication);
int32_t aerongo_publication_session_id(aeron_publication_t *publication);
aerongo_result_t aerongo_buffer_claim_commit(uint8_t *frame, uint8_t *data, size_t length);
aerongo_result_t aerongo_buffer_claim_abort(uint8_t *frame, uint8_t *data, size_t length);
/* Leaves the mapping to the process: for a publication that dies with claims still in their owners' hands. */
void aerongo_publication_abandon_mapping(aeron_publication_t *publication);

aerongo_result_t aerongo_async_add_exclusive_publication(aeron_t *client, const char *uri, int32_t stream_id);
aerongo_result_t aerongo_async_add_exclusive_publication_poll(aeron_async_add_exclusive_publication_t *async);
aerongo_result_t aerongo_async_add_exclusive_publication_cancel(aeron_t *client, aeron_async_add_exclusive_publication_t *async);
aerongo_result_t aerongo_async_remove_exclusive_publication(aeron_t *client, int64_t registration_id);
aerongo_result_t aerongo_exclusive_publication_constants(
    aeron_exclusive_publication_t *publication, aerongo_publication_info_t *info);
aerongo_offer_t aerongo_exclusive_publication_offer(
    aeron_exclusive_publication_t *publication, const uint8_t *buffer, size_t length);
aerongo_offer_t aerongo_exclusive_publication_offer_reserved(
    aeron_exclusive_publication_t *publication, const uint8_t *buffer, size_t length, int64_t reserved);
aerongo_offer_t aerongo_exclusive_publication_offerv(
    aeron_exclusive_publication_t *publication, aeron_iovec_t *parts, size_t count, int64_t reserved);
aerongo_claim_t aerongo_exclusive_publication_try_claim(aeron_exclusive_publication_t *publication, size_t length);
bool aerongo_exclusive_publication_is_connected(aeron_exclusive_publication_t *publication);
int64_t aerongo_exclusive_publication_position(aeron_exclusive_publication_t *publication);
int64_t aerongo_exclusive_publication_position_limit(aeron_exclusive_publication_t *publication);
int64_t aerongo_exclusive_publication_channel_status(aeron_exclusive_publication_t *publication);
bool aerongo_exclusive_publication_is_closed(aeron_exclusive_publication_t *publication);
aerongo_result_t aerongo_exclusive_publication_close(
    aeron_exclusive_publication_t *publication, aerongo_listener_t *listener);
aerongo_result_t aerongo_exclusive_publication_local_sockaddrs(
    aeron_exclusive_publication_t *publication, aeron_iovec_t *addresses, size_t count);
void aerongo_exclusive_publication_abandon_mapping(aeron_exclusive_publication_t *publication);

void aerongo_exclusive_publication_revoke_on_close(aeron_exclusive_publication_t *publication);
aerongo_result_t aerongo_exclusive_publication_revoke(
    aeron_exclusive_publication_t *publication, aerongo_listener_t *listener);
aerongo_offer_t aerongo_exclusive_publication_append_padding(
    aeron_exclusive_publication_t *publication, size_t length);
aerongo_offer_t aerongo_exclusive_publication_offer_block(
    aeron_exclusive_publication_t *publication, const uint8_t *frames, size_t length);

/*
 * Where a publication's log lies: with this Go appends as C does. Valid until the publication is closed. An exclusive publication has,
 * besides, C's own state of writing it, which Go and C share: one writer at a time, whichever side it is on.
 */
typedef struct aerongo_log_stct
{
    uint8_t *terms[3];
    int64_t *tails;
    int32_t *active_term_count;
    int32_t *is_connected;
    int64_t *position_limit;
    volatile bool *is_closed;
    int32_t term_length;
    int32_t mtu_length;
}
aerongo_log_t;

void aerongo_publication_log(aeron_publication_t *publication, aerongo_log_t *log);
void aerongo_exclusive_publication_log(aeron_exclusive_publication_t *publication, aerongo_log_t *log);
int64_t *aerongo_exclusive_publication_state(aeron_exclusive_publication_t *publication);

/* ---- subscription.c, image.c ----------------------------------------------------------------------------------- */

typedef struct aerongo_subscription_info_stct
{
    int64_t registration_id;
    int32_t stream_id;
    int32_t channel_status_indicator_id;
    /* Where the conductor publishes a new image list: a changed value means that images came or went. */
    void *volatile *image_list;
}
aerongo_subscription_info_t;

typedef struct aerongo_image_info_stct
{
    uint8_t *terms[3];
    uint8_t *metadata;
    int64_t *subscriber_position;
    volatile bool *is_closed;
    int64_t correlation_id;
    int64_t join_position;
    int64_t source_identity_length;
    const char *source_identity;
    int32_t term_length;
    int32_t position_bits_to_shift;
    int32_t mtu_length;
    int32_t session_id;
    int32_t initial_term_id;
    int32_t subscriber_position_id;
}
aerongo_image_info_t;

aerongo_result_t aerongo_async_add_subscription(
    aeron_t *client, const char *uri, int32_t stream_id, aerongo_listener_t *listener);
aerongo_result_t aerongo_async_add_subscription_poll(aeron_async_add_subscription_t *async);
aerongo_result_t aerongo_async_add_subscription_cancel(aeron_t *client, aeron_async_add_subscription_t *async);
/* The listener hears when nothing of it is left; that comes as a close does. */
aerongo_result_t aerongo_async_remove_subscription(
    aeron_t *client, int64_t registration_id, aerongo_listener_t *listener);
aerongo_result_t aerongo_subscription_constants(
    aeron_subscription_t *subscription, aerongo_subscription_info_t *info);
/*
 * Retains the images of the newest list, up to capacity, and returns how many it has (more than capacity: call again with
 * more room, nothing was retained). *list is the list that was read.
 */
int64_t aerongo_subscription_retain_images(
    aeron_subscription_t *subscription, aeron_image_t **images, int64_t capacity, void **list);
aerongo_result_t aerongo_subscription_local_sockaddrs(
    aeron_subscription_t *subscription, aeron_iovec_t *addresses, size_t count);
aerongo_result_t aerongo_subscription_resolved_endpoint(
    aeron_subscription_t *subscription, char *address, size_t length);
aerongo_result_t aerongo_subscription_try_resolve_channel_endpoint_port(
    aeron_subscription_t *subscription, char *uri, size_t length);
/* The functions of C's own image list, each of which reads it anew. Images that are looked up are retained. */
bool aerongo_subscription_is_connected(aeron_subscription_t *subscription);
aerongo_result_t aerongo_subscription_image_count(aeron_subscription_t *subscription);
aeron_image_t *aerongo_subscription_image_by_session_id(aeron_subscription_t *subscription, int32_t session_id);
aeron_image_t *aerongo_subscription_image_at_index(aeron_subscription_t *subscription, size_t index);
int64_t aerongo_subscription_for_each_image(
    aeron_subscription_t *subscription, aeron_image_t **images, int64_t capacity);
aerongo_result_t aerongo_subscription_image_retain(aeron_subscription_t *subscription, aeron_image_t *image);
aerongo_result_t aerongo_subscription_image_release(aeron_subscription_t *subscription, aeron_image_t *image);
int64_t aerongo_subscription_channel_status(aeron_subscription_t *subscription);
bool aerongo_subscription_is_closed(aeron_subscription_t *subscription);
aerongo_result_t aerongo_subscription_close(aeron_subscription_t *subscription, aerongo_listener_t *listener);

aerongo_result_t aerongo_image_constants(aeron_image_t *image, aerongo_image_info_t *info);
int64_t aerongo_image_position(aeron_image_t *image);
bool aerongo_image_is_closed(aeron_image_t *image);
int64_t aerongo_image_end_of_stream_position(aeron_image_t *image);
aerongo_result_t aerongo_image_reject(aeron_image_t *image, const char *reason);
aerongo_result_t aerongo_subscription_reject_image(
    aeron_subscription_t *subscription, int64_t correlation_id, int64_t position, const char *reason);
bool aerongo_image_is_end_of_stream(aeron_image_t *image);
bool aerongo_image_is_publication_revoked(aeron_image_t *image);
int32_t aerongo_image_active_transport_count(aeron_image_t *image);
aerongo_result_t aerongo_image_release(aeron_image_t *image);

/* ---- counter.c -------------------------------------------------------------------------------------------------- */

aerongo_result_t aerongo_async_add_counter(
    aeron_t *client, int32_t type_id, const uint8_t *key, size_t key_length, const char *label, size_t label_length);
aerongo_result_t aerongo_async_add_static_counter(
    aeron_t *client,
    int32_t type_id,
    const uint8_t *key,
    size_t key_length,
    const char *label,
    size_t label_length,
    int64_t registration_id);
aerongo_result_t aerongo_async_add_counter_poll(aeron_async_add_counter_t *async);
aerongo_result_t aerongo_async_add_counter_cancel(aeron_t *client, aeron_async_add_counter_t *async);
aerongo_result_t aerongo_async_remove_counter(aeron_t *client, int64_t registration_id);
aerongo_result_t aerongo_counter_constants(aeron_counter_t *counter, aeron_counter_constants_t *constants);
int64_t *aerongo_counter_addr(aeron_counter_t *counter);
const volatile bool *aerongo_counter_closed(aeron_counter_t *counter);
bool aerongo_counter_is_closed(aeron_counter_t *counter);
aerongo_result_t aerongo_counter_close(aeron_counter_t *counter, aerongo_listener_t *listener);

/* ---- destination.c ---------------------------------------------------------------------------------------------- */

aerongo_result_t aerongo_publication_async_add_destination(
    aeron_t *client, aeron_publication_t *parent, const char *uri);
aerongo_result_t aerongo_publication_async_remove_destination(
    aeron_t *client, aeron_publication_t *parent, const char *uri);
aerongo_result_t aerongo_publication_async_remove_destination_by_id(
    aeron_t *client, aeron_publication_t *parent, int64_t id);
aerongo_result_t aerongo_publication_async_destination_poll(aeron_async_destination_t *async);
aerongo_result_t aerongo_exclusive_publication_async_add_destination(
    aeron_t *client, aeron_exclusive_publication_t *parent, const char *uri);
aerongo_result_t aerongo_exclusive_publication_async_remove_destination(
    aeron_t *client, aeron_exclusive_publication_t *parent, const char *uri);
aerongo_result_t aerongo_exclusive_publication_async_remove_destination_by_id(
    aeron_t *client, aeron_exclusive_publication_t *parent, int64_t id);
aerongo_result_t aerongo_exclusive_publication_async_destination_poll(aeron_async_destination_t *async);
aerongo_result_t aerongo_subscription_async_add_destination(
    aeron_t *client, aeron_subscription_t *parent, const char *uri);
aerongo_result_t aerongo_subscription_async_remove_destination(
    aeron_t *client, aeron_subscription_t *parent, const char *uri);
aerongo_result_t aerongo_subscription_async_destination_poll(aeron_async_destination_t *async);

/* ---- layout.c -------------------------------------------------------------------------------------------------- */

const char *aerongo_version(void);

#include "reading.h"
#include "reference.h"

#endif
