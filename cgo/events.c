#if defined(__linux__)
#define _GNU_SOURCE /* pipe2; this file only: for all of Aeron it would break the texts of its errors */
#endif

#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aeron_image.h"
#include "util/aeron_error.h"

/*
 * Above this many waiting records, those that only inform are counted and dropped: a flood of sessions from the network must
 * not grow the process without bound while Go is not scheduled. Errors and close notifications are always kept; their
 * number is bounded by what the application has opened.
 */
#define AERONGO_EVENTS_LIMIT (65536)

struct aerongo_events_stct
{
    pthread_mutex_t mutex;
    aerongo_event_t *head;
    aerongo_event_t *tail;
    int64_t length;
    int64_t dropped;
    int read_fd;
    int write_fd;
};

/* Never inherited by a child process, never blocking a thread of C's. */
static int aerongo_pipe(int fds[2])
{
#if defined(__linux__)
    return pipe2(fds, O_CLOEXEC | O_NONBLOCK);
#else
    if (pipe(fds) < 0)
    {
        return -1;
    }

    for (int i = 0; i < 2; i++)
    {
        if (fcntl(fds[i], F_SETFD, FD_CLOEXEC) < 0 || fcntl(fds[i], F_SETFL, O_NONBLOCK) < 0)
        {
            int error = errno;
            close(fds[0]);
            close(fds[1]);
            errno = error;
            return -1;
        }
    }

    return 0;
#endif
}

/* The pipe is how Go waits: its read end parks in Go's poller, so that waiting costs neither a thread nor a timer. */
aerongo_result_t aerongo_events_create(void)
{
    aerongo_events_t *events = calloc(1, sizeof(aerongo_events_t));
    if (NULL == events)
    {
        return aerongo_os_failure(ENOMEM, "no memory for an event queue");
    }

    int fds[2];
    if (aerongo_pipe(fds) < 0)
    {
        int error = errno;
        free(events);
        return aerongo_os_failure(error, "no pipe for an event queue: too many open files?");
    }

    pthread_mutex_init(&events->mutex, NULL);
    events->read_fd = fds[0];
    events->write_fd = fds[1];

    return aerongo_pointer(events);
}

int aerongo_events_read_fd(aerongo_events_t *events)
{
    return events->read_fd;
}

static void aerongo_events_push(aerongo_events_t *events, aerongo_event_t record, const char *text)
{
    bool always = AERONGO_EVENT_ERROR == record.kind || AERONGO_EVENT_CLOSED == record.kind ||
        AERONGO_EVENT_CLIENT_CLOSED == record.kind || AERONGO_EVENT_TERMINATION_REQUESTED == record.kind;
    aerongo_event_t *event = malloc(sizeof(aerongo_event_t));

    if (NULL != event)
    {
        *event = record;
        event->next = NULL;
        event->text = NULL == text ? NULL : strdup(text);
    }

    pthread_mutex_lock(&events->mutex);

    if (NULL == event || (events->length >= AERONGO_EVENTS_LIMIT && !always))
    {
        events->dropped++;
        pthread_mutex_unlock(&events->mutex);
        aeron_publication_error_values_delete(record.error_frame);
        if (NULL != event)
        {
            free(event->text);
            free(event);
        }
        return;
    }

    bool was_empty = NULL == events->head;
    if (was_empty)
    {
        events->head = event;
    }
    else
    {
        events->tail->next = event;
    }
    events->tail = event;
    events->length++;

    if (was_empty)
    {
        /* A full pipe already wakes the reader. */
        ssize_t ignored = write(events->write_fd, "", 1);
        (void)ignored;
    }

    pthread_mutex_unlock(&events->mutex);
}

int aerongo_events_take(aerongo_events_t *events, aerongo_event_t *out)
{
    pthread_mutex_lock(&events->mutex);
    aerongo_event_t *event = events->head;
    if (NULL != event)
    {
        events->head = event->next;
        events->length--;
    }
    pthread_mutex_unlock(&events->mutex);

    if (NULL == event)
    {
        return 0;
    }

    *out = *event;
    out->next = NULL;
    free(event);
    return 1;
}

int64_t aerongo_events_dropped(aerongo_events_t *events)
{
    pthread_mutex_lock(&events->mutex);
    int64_t dropped = events->dropped;
    pthread_mutex_unlock(&events->mutex);
    return dropped;
}

static void aerongo_events_lose(aerongo_events_t *events)
{
    pthread_mutex_lock(&events->mutex);
    events->dropped++;
    pthread_mutex_unlock(&events->mutex);
}

void aerongo_events_push_for_test(aerongo_events_t *events, int32_t kind, int32_t code, const char *text)
{
    aerongo_event_t event = { .kind = kind, .code = code };
    aerongo_events_push(events, event, text);
}

void aerongo_events_push_printed(aerongo_events_t *events, const char *text, int32_t code)
{
    aerongo_event_t event = { .kind = AERONGO_EVENT_PRINTED, .code = code };
    aerongo_events_push(events, event, text);
}

/* The read end belongs to Go's os.File, which has closed it by now. */
void aerongo_events_destroy(aerongo_events_t *events)
{
    aerongo_event_t event;
    while (aerongo_events_take(events, &event))
    {
        aeron_publication_error_values_delete(event.error_frame);
        free(event.text);
    }

    close(events->write_fd);
    pthread_mutex_destroy(&events->mutex);
    free(events);
}

aerongo_listener_t *aerongo_listener_create(aerongo_events_t *events, void *tag)
{
    aerongo_listener_t *listener = malloc(sizeof(aerongo_listener_t));
    if (NULL != listener)
    {
        listener->events = events;
        listener->tag = tag;
    }
    return listener;
}

void aerongo_listener_free(aerongo_listener_t *listener)
{
    free(listener);
}

void aerongo_on_error(void *clientd, int code, const char *message)
{
    aerongo_listener_t *listener = clientd;
    aerongo_event_t event = { .kind = AERONGO_EVENT_ERROR, .tag = listener->tag, .code = code };
    aerongo_events_push(listener->events, event, NULL == message ? "" : message);
}

void aerongo_on_close_complete(void *clientd)
{
    aerongo_listener_t *listener = clientd;
    aerongo_event_t event = { .kind = AERONGO_EVENT_CLOSED, .tag = listener->tag };
    aerongo_events_push(listener->events, event, NULL);
}

static void aerongo_push_image(int32_t kind, aerongo_listener_t *listener, aeron_image_t *image)
{
    aerongo_event_t event =
        {
            .kind = kind,
            .tag = listener->tag,
            .registration_id = image->key.correlation_id,
            .session_id = image->session_id,
            .position = AERONGO_EVENT_IMAGE_AVAILABLE == kind ? image->join_position : aeron_image_position(image),
        };
    aerongo_events_push(listener->events, event, image->source_identity);
}

void aerongo_on_available_image(void *clientd, aeron_subscription_t *subscription, aeron_image_t *image)
{
    aerongo_push_image(AERONGO_EVENT_IMAGE_AVAILABLE, clientd, image);
}

void aerongo_on_unavailable_image(void *clientd, aeron_subscription_t *subscription, aeron_image_t *image)
{
    aerongo_push_image(AERONGO_EVENT_IMAGE_UNAVAILABLE, clientd, image);
}

static void aerongo_push_counter(int32_t kind, aerongo_listener_t *listener, int64_t registration_id, int32_t counter_id)
{
    aerongo_event_t event =
        { .kind = kind, .tag = listener->tag, .registration_id = registration_id, .counter_id = counter_id };
    aerongo_events_push(listener->events, event, NULL);
}

void aerongo_on_available_counter(
    void *clientd, aeron_counters_reader_t *reader, int64_t registration_id, int32_t counter_id)
{
    aerongo_push_counter(AERONGO_EVENT_COUNTER_AVAILABLE, clientd, registration_id, counter_id);
}

void aerongo_on_unavailable_counter(
    void *clientd, aeron_counters_reader_t *reader, int64_t registration_id, int32_t counter_id)
{
    aerongo_push_counter(AERONGO_EVENT_COUNTER_UNAVAILABLE, clientd, registration_id, counter_id);
}

static void aerongo_push_new(
    int32_t kind, void *clientd, const char *channel, int32_t stream_id, int32_t session_id, int64_t correlation_id)
{
    aerongo_listener_t *listener = clientd;
    aerongo_event_t event =
        {
            .kind = kind,
            .tag = listener->tag,
            .registration_id = correlation_id,
            .stream_id = stream_id,
            .session_id = session_id
        };
    aerongo_events_push(listener->events, event, channel);
}

void aerongo_on_new_publication(
    void *clientd, const char *channel, int32_t stream_id, int32_t session_id, int64_t correlation_id)
{
    aerongo_push_new(AERONGO_EVENT_NEW_PUBLICATION, clientd, channel, stream_id, session_id, correlation_id);
}

void aerongo_on_new_exclusive_publication(
    void *clientd, const char *channel, int32_t stream_id, int32_t session_id, int64_t correlation_id)
{
    aerongo_push_new(AERONGO_EVENT_NEW_EXCLUSIVE_PUBLICATION, clientd, channel, stream_id, session_id, correlation_id);
}

void aerongo_on_new_subscription(void *clientd, const char *channel, int32_t stream_id, int64_t correlation_id)
{
    aerongo_push_new(AERONGO_EVENT_NEW_SUBSCRIPTION, clientd, channel, stream_id, 0, correlation_id);
}

/* The values lie in the buffer that the conductor reads from, so the record keeps a copy, by C's own function. */
void aerongo_on_error_frame(void *clientd, aeron_publication_error_values_t *values)
{
    aerongo_listener_t *listener = clientd;
    aeron_publication_error_values_t *copy = NULL;

    if (aeron_publication_error_values_copy(&copy, values) < 0)
    {
        aeron_err_clear();
        aerongo_events_lose(listener->events);
        return;
    }

    aerongo_event_t event =
        {
            .kind = AERONGO_EVENT_ERROR_FRAME,
            .tag = listener->tag,
            .registration_id = values->registration_id,
            .session_id = values->session_id,
            .stream_id = values->stream_id,
            .code = values->error_code,
            .error_frame = copy
        };
    aerongo_events_push(listener->events, event, NULL);
}

void aerongo_error_frame_read(aeron_publication_error_values_t *values, aerongo_error_frame_t *frame)
{
    frame->destination_registration_id = values->destination_registration_id;
    frame->receiver_id = values->receiver_id;
    frame->group_tag = values->group_tag;
    frame->address_type = values->address_type;
    frame->source_port = values->source_port;
    memcpy(frame->source_address, values->source_address, sizeof(frame->source_address));
    frame->message = (const char *)values->error_message;
    frame->message_length = values->error_message_length;
}

void aerongo_error_frame_delete(aeron_publication_error_values_t *values)
{
    aeron_publication_error_values_delete(values);
}

void aerongo_on_close_client(void *clientd)
{
    aerongo_listener_t *listener = clientd;
    aerongo_event_t event = { .kind = AERONGO_EVENT_CLIENT_CLOSED, .tag = listener->tag };
    aerongo_events_push(listener->events, event, NULL);
}

void aerongo_on_termination(void *clientd)
{
    aerongo_listener_t *listener = clientd;
    aerongo_event_t event = { .kind = AERONGO_EVENT_TERMINATION_REQUESTED, .tag = listener->tag };
    aerongo_events_push(listener->events, event, NULL);
}
