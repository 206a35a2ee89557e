/*
 * A driver's CnC file, read without a client. Aeron believes every length in it: the caller has checked the file, and these
 * check again what they hand on.
 */
#include "shim.h"

#include "util/aeron_error.h"

/* Go's handlers of a record: exports.go. */
extern void aerongoOnObservation(void *clientd, int32_t count, int64_t first, int64_t last, char *error, size_t length);
extern void aerongoOnLoss(void *clientd, aerongo_loss_t *loss);

aerongo_result_t aerongo_cnc_init(const char *directory, int64_t timeout_ms)
{
    aeron_cnc_t *cnc = NULL;

    aeron_err_clear();
    if (aeron_cnc_init(&cnc, directory, timeout_ms) < 0)
    {
        return aerongo_failure();
    }

    return aerongo_pointer(cnc);
}

aerongo_result_t aerongo_cnc_constants(aeron_cnc_t *cnc, aerongo_cnc_info_t *info)
{
    aeron_cnc_constants_t constants;

    aeron_err_clear();
    if (aeron_cnc_constants(cnc, &constants) < 0)
    {
        return aerongo_failure();
    }

    /* Field by field: the struct is packed in a way that Go cannot read. */
    info->cnc_version = constants.cnc_version;
    info->to_driver_buffer_length = constants.to_driver_buffer_length;
    info->to_clients_buffer_length = constants.to_clients_buffer_length;
    info->counter_metadata_buffer_length = constants.counter_metadata_buffer_length;
    info->counter_values_buffer_length = constants.counter_values_buffer_length;
    info->error_log_buffer_length = constants.error_log_buffer_length;
    info->client_liveness_timeout = constants.client_liveness_timeout;
    info->start_timestamp = constants.start_timestamp;
    info->pid = constants.pid;
    info->file_page_size = constants.file_page_size;

    return aerongo_value(0);
}

const char *aerongo_cnc_filename(aeron_cnc_t *cnc)
{
    return aeron_cnc_filename(cnc);
}

int64_t aerongo_cnc_to_driver_heartbeat(aeron_cnc_t *cnc)
{
    return aeron_cnc_to_driver_heartbeat(cnc);
}

/* No text in these files is longer, and Go ends the process when it is to copy one of negative length. */
#define AERONGO_TEXT_LIMIT (1024 * 1024)

static int32_t aerongo_text_length(int64_t length)
{
    return length < 0 || length > AERONGO_TEXT_LIMIT ? 0 : (int32_t)length;
}

static void aerongo_observation(
    int32_t count, int64_t first, int64_t last, const char *error, size_t length, void *clientd)
{
    aerongoOnObservation(clientd, count, first, last, (char *)error, (size_t)aerongo_text_length((int64_t)length));
}

void aerongo_cnc_error_log_read(aeron_cnc_t *cnc, void *clientd, int64_t since)
{
    aeron_cnc_error_log_read(cnc, aerongo_observation, clientd, since);
}

aeron_counters_reader_t *aerongo_cnc_counters_reader(aeron_cnc_t *cnc)
{
    return aeron_cnc_counters_reader(cnc);
}

static void aerongo_loss(
    void *clientd,
    int64_t observation_count,
    int64_t total_bytes_lost,
    int64_t first,
    int64_t last,
    int32_t session_id,
    int32_t stream_id,
    const char *channel,
    int32_t channel_length,
    const char *source,
    int32_t source_length)
{
    aerongo_loss_t loss =
        {
            .observation_count = observation_count,
            .total_bytes_lost = total_bytes_lost,
            .first = first,
            .last = last,
            .channel = channel,
            .source = source,
            .session_id = session_id,
            .stream_id = stream_id,
            .channel_length = aerongo_text_length(channel_length),
            .source_length = aerongo_text_length(source_length)
        };
    aerongoOnLoss(clientd, &loss);
}

aerongo_result_t aerongo_cnc_loss_reporter_read(aeron_cnc_t *cnc, void *clientd)
{
    aeron_err_clear();
    return aerongo_status(aeron_cnc_loss_reporter_read(cnc, aerongo_loss, clientd));
}

void aerongo_cnc_close(aeron_cnc_t *cnc)
{
    aeron_cnc_close(cnc);
}
