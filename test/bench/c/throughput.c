/* Publishers offer, a receiver polls, each on a thread of its own; a thread with nothing to do gives its core away with sched_yield. */
#include "bench.h"

#define PUBLISHER_SHIFT (56)
#define SEQUENCE_MASK ((UINT64_C(1) << PUBLISHER_SHIFT) - 1)
#define SPREAD (UINT64_C(0x9E3779B97F4A7C15))

static struct
{
    aeron_subscription_t *subscription;
    aeron_fragment_assembler_t *assembler;
    aeron_exclusive_publication_t *exclusive[MAX_PUBLISHERS];
    aeron_publication_t *shared[MAX_PUBLISHERS];
    uint8_t *messages[MAX_PUBLISHERS];
    uint64_t sent[MAX_PUBLISHERS];
    int publishers;
    size_t length;
    bool is_exclusive;
    bool checked;
    atomic_bool go;
}
stream;

/* What the receiver writes, on cache lines that publishers do not read. */
static struct
{
    _Alignas(64) uint64_t next[MAX_PUBLISHERS];
    int64_t received;
    int64_t wrong;
    int64_t until;
    int64_t end;
    uint8_t padding[64];
}
receiver;

static void fill(uint8_t *message, size_t length, uint64_t head)
{
    memcpy(message, &head, sizeof(head));
    uint64_t word = head * SPREAD;
    for (size_t at = sizeof(head); at + sizeof(word) <= length; at += sizeof(word))
    {
        word++;
        memcpy(message + at, &word, sizeof(word));
    }
}

static bool is_filled(const uint8_t *message, size_t length, uint64_t head)
{
    uint64_t word = head * SPREAD;
    for (size_t at = sizeof(head); at + sizeof(word) <= length; at += sizeof(word))
    {
        word++;
        if (0 != memcmp(message + at, &word, sizeof(word)))
        {
            return false;
        }
    }
    return true;
}

static void on_message(void *clientd, const uint8_t *buffer, size_t length, aeron_header_t *header)
{
    receiver.received++;
    if (length != stream.length)
    {
        receiver.wrong++;
        return;
    }
    uint64_t head;
    memcpy(&head, buffer, sizeof(head));
    uint64_t publisher = head >> PUBLISHER_SHIFT;
    if (publisher >= MAX_PUBLISHERS || (head & SEQUENCE_MASK) != receiver.next[publisher])
    {
        receiver.wrong++;
        return;
    }
    receiver.next[publisher]++;
    if (stream.checked && !is_filled(buffer, length, head))
    {
        receiver.wrong++;
    }
}

void throughput_open(
    aeron_t *client, const char *channel, int32_t id, size_t length, int publishers, bool exclusive, bool checked)
{
    memset(&stream, 0, sizeof(stream));
    memset(&receiver, 0, sizeof(receiver));
    stream.length = length;
    stream.publishers = publishers;
    stream.is_exclusive = exclusive;
    stream.checked = checked;
    stream.subscription = add_subscription(client, channel, id);
    aeron_publication_constants_t constants;
    for (int i = 0; i < publishers; i++)
    {
        if (exclusive)
        {
            stream.exclusive[i] = add_exclusive_publication(client, channel, id);
            await_exclusive_ready(stream.exclusive[i]);
            aeron_exclusive_publication_constants(stream.exclusive[i], &constants);
        }
        else
        {
            stream.shared[i] = add_publication(client, channel, id);
            await_ready(stream.shared[i]);
            aeron_publication_constants(stream.shared[i], &constants);
        }
        /* Of cache lines of its own. */
        stream.messages[i] = aligned_alloc(64, (length + 127) / 64 * 64);
        memset(stream.messages[i], 0, length);
    }
    /* An assembler costs a call per message: only where there is something to assemble. */
    if (length > constants.max_payload_length && aeron_fragment_assembler_create(&stream.assembler, on_message, NULL) < 0)
    {
        fail("assembler");
    }
}

static void *receive(void *arg)
{
    aeron_fragment_handler_t handler = NULL == stream.assembler ? on_message : aeron_fragment_assembler_handler;
    while (receiver.received < receiver.until)
    {
        int n = aeron_subscription_poll(stream.subscription, handler, stream.assembler, FRAGMENT_LIMIT);
        if (n < 0)
        {
            fail("poll");
        }
        if (0 == n)
        {
            sched_yield();
        }
    }
    receiver.end = now_ns();
    return NULL;
}

typedef struct
{
    int index;
    int64_t messages;
}
share_t;

static void refused(int64_t result)
{
    if (AERON_PUBLICATION_BACK_PRESSURED == result)
    {
        sched_yield();
    }
    else if (AERON_PUBLICATION_ADMIN_ACTION != result)
    {
        fail("offer");
    }
}

static void *publish(void *arg)
{
    const share_t *share = arg;
    const bool checked = stream.checked;
    const size_t length = stream.length;
    aeron_exclusive_publication_t *exclusive = stream.exclusive[share->index];
    aeron_publication_t *shared = stream.shared[share->index];
    uint8_t *message = stream.messages[share->index];
    uint64_t head = (uint64_t)share->index << PUBLISHER_SHIFT | stream.sent[share->index];
    const uint64_t end = head + (uint64_t)share->messages;
    while (!atomic_load_explicit(&stream.go, memory_order_acquire))
    {
        sched_yield();
    }
    for (; head < end; head++)
    {
        if (checked)
        {
            fill(message, length, head);
        }
        else
        {
            memcpy(message, &head, sizeof(head));
        }
        int64_t result;
        if (NULL != exclusive)
        {
            while ((result = aeron_exclusive_publication_offer(exclusive, message, length, NULL, NULL)) < 0)
            {
                refused(result);
            }
        }
        else
        {
            while ((result = aeron_publication_offer(shared, message, length, NULL, NULL)) < 0)
            {
                refused(result);
            }
        }
    }
    stream.sent[share->index] += (uint64_t)share->messages;
    return NULL;
}

result_t throughput_run(int64_t messages)
{
    pthread_t receiving, publishing[MAX_PUBLISHERS];
    share_t shares[MAX_PUBLISHERS];
    const int64_t received = receiver.received, wrong = receiver.wrong;
    receiver.until = received + messages;
    atomic_store(&stream.go, false);
    pthread_create(&receiving, NULL, receive, NULL);
    for (int i = 0; i < stream.publishers; i++)
    {
        shares[i] = (share_t){ .index = i, .messages = messages / stream.publishers + (i < messages % stream.publishers) };
        pthread_create(&publishing[i], NULL, publish, &shares[i]);
    }
    const int64_t begin = now_ns();
    atomic_store_explicit(&stream.go, true, memory_order_release);
    for (int i = 0; i < stream.publishers; i++)
    {
        pthread_join(publishing[i], NULL);
    }
    pthread_join(receiving, NULL);
    return (result_t){
        .nanoseconds = receiver.end - begin,
        .received = receiver.received - received,
        .wrong = receiver.wrong - wrong,
        .position = stream.is_exclusive ?
            aeron_exclusive_publication_position(stream.exclusive[0]) : aeron_publication_position(stream.shared[0]),
    };
}

void throughput_close(void)
{
    for (int i = 0; i < stream.publishers; i++)
    {
        if (stream.is_exclusive)
        {
            aeron_exclusive_publication_close(stream.exclusive[i], NULL, NULL);
        }
        else
        {
            aeron_publication_close(stream.shared[i], NULL, NULL);
        }
        free(stream.messages[i]);
    }
    aeron_subscription_close(stream.subscription, NULL, NULL);
    if (NULL != stream.assembler)
    {
        aeron_fragment_assembler_delete(stream.assembler);
    }
}
