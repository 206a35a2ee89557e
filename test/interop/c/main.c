#define _GNU_SOURCE /* of libc only: no internal driver header is included here */
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <util/aeron_error.h>

#include "peer.h"

enum
{
    most_things = 4096,
    most_words = 8,
    largest_message = 16 * 1024 * 1024
};

static thing_t *things[most_things];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t idle = PTHREAD_COND_INITIALIZER;
static int running;

static thing_t *find(const char *name, bool take)
{
    thing_t *found = NULL;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < most_things && NULL == found; i++)
    {
        if (NULL != things[i] && 0 == strcmp(things[i]->name, name))
        {
            found = things[i];
            if (take)
            {
                things[i] = NULL;
            }
        }
    }
    pthread_mutex_unlock(&lock);
    return found;
}

static bool keep(thing_t *thing, const char *name)
{
    bool kept = false;
    snprintf(thing->name, sizeof(thing->name), "%s", name);
    pthread_mutex_lock(&lock);
    for (int i = 0; i < most_things && !kept; i++)
    {
        if (NULL == things[i])
        {
            things[i] = thing;
            kept = true;
        }
    }
    pthread_mutex_unlock(&lock);
    return kept;
}

/* The answer to one command. */
typedef struct
{
    char text[1024];
    bool failed;
} answer_t;

static void answer(answer_t *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(a->text, sizeof(a->text), format, args);
    va_end(args);
}

static void fail(answer_t *a, const char *what)
{
    a->failed = true;
    answer(a, "%s: %s", what, aeron_errmsg());
    for (char *c = a->text; '\0' != *c; c++)
    {
        if ('\n' == *c)
        {
            *c = ' ';
        }
    }
}

static void refuse(answer_t *a, const char *what)
{
    a->failed = true;
    answer(a, "%s", what);
}

/* Waits a little, or says that patience has ended. */
static bool patient(answer_t *a, int64_t since, const char *what)
{
    if (aeron_nano_clock() - since > PATIENCE_NS)
    {
        a->failed = true;
        answer(a, "waited in vain for %s", what);
        return false;
    }
    usleep(100);
    return true;
}

static void on_error(void *clientd, int code, const char *message)
{
    (void)clientd;
    fprintf(stderr, "cpeer: client: %d: %s\n", code, message);
}

static void on_message(void *clientd, const uint8_t *buffer, size_t length, aeron_header_t *header)
{
    (void)header;
    digest_add(&((thing_t *)clientd)->received, buffer, length);
}

static void do_connect(answer_t *a, const char *name, const char *dir)
{
    thing_t *c = calloc(1, sizeof(*c));
    if (aeron_context_init(&c->context) < 0 || aeron_context_set_dir(c->context, dir) < 0 ||
        aeron_context_set_error_handler(c->context, on_error, NULL) < 0 ||
        aeron_context_set_idle_sleep_duration_ns(c->context, 1000000) < 0 || aeron_init(&c->client, c->context) < 0 ||
        aeron_start(c->client) < 0)
    {
        fail(a, "connect");
        free(c);
        return;
    }
    keep(c, name);
}

static void do_sub(answer_t *a, const char *name, thing_t *owner, const char *channel, int32_t stream)
{
    thing_t *s = calloc(1, sizeof(*s));
    aeron_async_add_subscription_t *async = NULL;
    int64_t since = aeron_nano_clock();
    int done = aeron_async_add_subscription(&async, owner->client, channel, stream, NULL, NULL, NULL, NULL);
    while (0 <= done && (done = aeron_async_add_subscription_poll(&s->subscription, async)) == 0 && patient(a, since, "a subscription"))
    {
    }
    aeron_subscription_constants_t constants;
    if (done <= 0 || aeron_fragment_assembler_create(&s->assembler, on_message, s) < 0 ||
        aeron_subscription_constants(s->subscription, &constants) < 0)
    {
        if (!a->failed)
        {
            fail(a, "add subscription");
        }
        return;
    }
    s->owner = owner->client;
    keep(s, name);
    answer(a, "registration=%" PRId64, constants.registration_id);
}

static void do_pub(answer_t *a, const char *name, thing_t *owner, const char *channel, int32_t stream, bool exclusive)
{
    thing_t *p = calloc(1, sizeof(*p));
    aeron_async_add_publication_t *async = NULL;
    aeron_async_add_exclusive_publication_t *async_exclusive = NULL;
    int64_t since = aeron_nano_clock();
    int done = exclusive ? aeron_async_add_exclusive_publication(&async_exclusive, owner->client, channel, stream) :
        aeron_async_add_publication(&async, owner->client, channel, stream);
    while (0 <= done)
    {
        done = exclusive ? aeron_async_add_exclusive_publication_poll(&p->exclusive, async_exclusive) :
            aeron_async_add_publication_poll(&p->shared, async);
        if (0 != done || !patient(a, since, "a publication"))
        {
            break;
        }
    }
    aeron_publication_constants_t constants;
    if (done <= 0 || (exclusive ? aeron_exclusive_publication_constants(p->exclusive, &constants) :
        aeron_publication_constants(p->shared, &constants)) < 0)
    {
        if (!a->failed)
        {
            fail(a, "add publication");
        }
        return;
    }
    p->block = malloc(64 * 1024);
    p->owner = owner->client;
    keep(p, name);
    answer(a, "session=%" PRId32 " registration=%" PRId64, constants.session_id, constants.registration_id);
}

static void do_connected(answer_t *a, thing_t *p)
{
    int64_t since = aeron_nano_clock();
    while (!(NULL != p->shared ? aeron_publication_is_connected(p->shared) : aeron_exclusive_publication_is_connected(p->exclusive)) &&
        patient(a, since, "a subscriber"))
    {
    }
}

static void do_image(answer_t *a, thing_t *s)
{
    int64_t since = aeron_nano_clock();
    aeron_image_t *image;
    while (NULL == (image = aeron_subscription_image_at_index(s->subscription, 0)))
    {
        if (!patient(a, since, "an image"))
        {
            return;
        }
    }
    aeron_image_constants_t constants;
    if (aeron_image_constants(image, &constants) < 0)
    {
        fail(a, "image");
    }
    else
    {
        answer(a, "correlation=%" PRId64 " session=%" PRId32, constants.correlation_id, constants.session_id);
    }
    aeron_subscription_image_release(s->subscription, image);
}

static void do_destination(answer_t *a, thing_t *x, const char *channel, bool add)
{
    aeron_async_destination_t *async = NULL;
    int done;
    if (NULL != x->subscription)
    {
        done = add ? aeron_subscription_async_add_destination(&async, x->owner, x->subscription, channel) :
            aeron_subscription_async_remove_destination(&async, x->owner, x->subscription, channel);
    }
    else if (NULL != x->exclusive)
    {
        done = add ? aeron_exclusive_publication_async_add_destination(&async, x->owner, x->exclusive, channel) :
            aeron_exclusive_publication_async_remove_destination(&async, x->owner, x->exclusive, channel);
    }
    else
    {
        done = add ? aeron_publication_async_add_destination(&async, x->owner, x->shared, channel) :
            aeron_publication_async_remove_destination(&async, x->owner, x->shared, channel);
    }
    int64_t since = aeron_nano_clock();
    while (0 <= done)
    {
        done = NULL != x->subscription ? aeron_subscription_async_destination_poll(async) :
            NULL != x->exclusive ? aeron_exclusive_publication_async_destination_poll(async) : aeron_publication_async_destination_poll(async);
        if (0 != done || !patient(a, since, "a destination"))
        {
            break;
        }
    }
    if (done < 0)
    {
        fail(a, "destination");
    }
}

static void tell(answer_t *a, const digest_t *d)
{
    answer(a, "count=%" PRId64 " bytes=%" PRId64 " hash=%016" PRIx64, d->count, d->bytes, d->hash);
}

static void do_send(answer_t *a, thing_t *p, const char *method, uint64_t seed, int times, char *sizes)
{
    size_t size[64];
    int many = 0;
    char *rest = NULL;
    for (char *word = strtok_r(sizes, ",", &rest); NULL != word && many < 64; word = strtok_r(NULL, ",", &rest))
    {
        size[many++] = strtoull(word, NULL, 10);
        if (size[many - 1] > largest_message)
        {
            refuse(a, "a size is too large");
            return;
        }
    }
    uint8_t *message = malloc(largest_message);
    digest_t sent = { 0 };
    int64_t since = aeron_nano_clock();
    for (int n = 0; n < times * many && !a->failed; n++)
    {
        size_t length = size[n % many];
        fill(message, length, seed, (uint64_t)n);
        int done;
        while ((done = send_message(p, method, message, length)) == 0 && patient(a, since, "the window to open"))
        {
        }
        if (done < 0)
        {
            fail(a, "send");
        }
        digest_add(&sent, message, length);
    }
    int done = 1;
    while (!a->failed && (done = send_rest(p)) == 0 && patient(a, since, "the window to open"))
    {
    }
    if (done < 0)
    {
        fail(a, "send");
    }
    free(message);
    if (!a->failed)
    {
        tell(a, &sent);
    }
}

static void do_recv(answer_t *a, thing_t *s, int64_t wanted)
{
    memset(&s->received, 0, sizeof(s->received));
    int64_t since = aeron_nano_clock();
    while (s->received.count < wanted)
    {
        int n = aeron_subscription_poll(s->subscription, aeron_fragment_assembler_handler, s->assembler, 16);
        if (n < 0)
        {
            fail(a, "poll");
            return;
        }
        if (0 == n && !patient(a, since, "messages"))
        {
            answer(a, "waited in vain for messages, after %" PRId64 " of %" PRId64, s->received.count, wanted);
            return;
        }
    }
    tell(a, &s->received);
}

static void close_thing(answer_t *a, thing_t *x)
{
    int done = 0;
    if (NULL != x->subscription)
    {
        done = aeron_subscription_close(x->subscription, NULL, NULL);
        /* The assembler's buffers live until the process ends: nobody says when the conductor has let go of the subscription. */
    }
    else if (NULL != x->exclusive)
    {
        done = aeron_exclusive_publication_close(x->exclusive, NULL, NULL);
    }
    else if (NULL != x->shared)
    {
        done = aeron_publication_close(x->shared, NULL, NULL);
    }
    else
    {
        done = aeron_close(x->client) < 0 || aeron_context_close(x->context) < 0 ? -1 : 0;
    }
    if (done < 0)
    {
        fail(a, "close");
    }
    free(x->block);
}

static void carry_out(answer_t *a, int n, char **word)
{
    const char *verb = word[1];
    thing_t *x = n > 2 ? find(word[2], 0 == strcmp(verb, "close")) : NULL;
    thing_t *owner = n > 3 ? find(word[3], false) : NULL;
#define COMMAND(name, words) (0 == strcmp(verb, name) && (words) + 2 == n)
    if (COMMAND("connect", 2))
    {
        do_connect(a, word[2], word[3]);
    }
    else if (COMMAND("sub", 4) && NULL != owner && NULL != owner->client)
    {
        do_sub(a, word[2], owner, word[4], (int32_t)strtol(word[5], NULL, 10));
    }
    else if (COMMAND("pub", 5) && NULL != owner && NULL != owner->client)
    {
        do_pub(a, word[2], owner, word[4], (int32_t)strtol(word[5], NULL, 10), 0 == strcmp(word[6], "exclusive"));
    }
    else if (NULL == x)
    {
        refuse(a, "no such command, or no such thing");
    }
    else if (COMMAND("connected", 1))
    {
        do_connected(a, x);
    }
    else if (COMMAND("image", 1) && NULL != x->subscription)
    {
        do_image(a, x);
    }
    else if (COMMAND("dest", 2) || COMMAND("undest", 2))
    {
        do_destination(a, x, word[3], 0 == strcmp(verb, "dest"));
    }
    else if (COMMAND("send", 5))
    {
        do_send(a, x, word[3], strtoull(word[4], NULL, 10), atoi(word[5]), word[6]);
    }
    else if (COMMAND("recv", 2) && NULL != x->subscription)
    {
        do_recv(a, x, strtoll(word[3], NULL, 10));
    }
    else if (COMMAND("close", 1))
    {
        close_thing(a, x);
    }
    else
    {
        refuse(a, "no such command");
    }
}

static void *command(void *line)
{
    char *word[most_words], *rest = NULL;
    int n = 0;
    for (char *w = strtok_r(line, " \n", &rest); NULL != w && n < most_words; w = strtok_r(NULL, " \n", &rest))
    {
        word[n++] = w;
    }
    if (n >= 2)
    {
        answer_t a = { 0 };
        aeron_err_clear();
        carry_out(&a, n, word);
        pthread_mutex_lock(&lock);
        printf("%s %s%s%s\n", word[0], a.failed ? "err" : "ok", '\0' == a.text[0] ? "" : " ", a.text);
        fflush(stdout);
        pthread_mutex_unlock(&lock);
    }
    free(line);
    pthread_mutex_lock(&lock);
    running--;
    pthread_cond_signal(&idle);
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0)
    {
        pthread_t thread;
        pthread_mutex_lock(&lock);
        running++;
        pthread_mutex_unlock(&lock);
        if (0 != pthread_create(&thread, NULL, command, strdup(line)))
        {
            perror("cpeer: pthread_create");
            return 1;
        }
        pthread_detach(thread);
    }
    free(line);
    pthread_mutex_lock(&lock);
    while (running > 0)
    {
        pthread_cond_wait(&idle, &lock);
    }
    pthread_mutex_unlock(&lock);
    for (int clients = 0; clients < 2; clients++) /* what belongs to a client goes before it */
    {
        for (int i = 0; i < most_things; i++)
        {
            if (NULL != things[i] && (NULL != things[i]->client) == (1 == clients))
            {
                answer_t a = { 0 };
                close_thing(&a, things[i]);
                things[i] = NULL;
            }
        }
    }
    return 0;
}
