/*
 * What is read of a driver, and what belongs to the process. A part of shim.h.
 */
#ifndef AERONGO_READING_H
#define AERONGO_READING_H

/* ---- counters_reader.c -------------------------------------------------------------------------------------------- */

aeron_counters_reader_t *aerongo_counters_reader(aeron_t *client);
int64_t *aerongo_counters_reader_addr(aeron_counters_reader_t *reader, int32_t counter_id);
aerongo_result_t aerongo_counters_reader_buffers(
    aeron_counters_reader_t *reader, aeron_counters_reader_buffers_t *buffers);
void aerongo_counters_reader_foreach_counter(aeron_counters_reader_t *reader, void *clientd);
int32_t aerongo_counters_reader_find(aeron_counters_reader_t *reader, int32_t type_id, int64_t registration_id);
int32_t aerongo_counters_reader_max_counter_id(aeron_counters_reader_t *reader);
aerongo_result_t aerongo_counters_reader_registration_id(aeron_counters_reader_t *reader, int32_t counter_id);
aerongo_result_t aerongo_counters_reader_owner_id(aeron_counters_reader_t *reader, int32_t counter_id);
aerongo_result_t aerongo_counters_reader_reference_id(aeron_counters_reader_t *reader, int32_t counter_id);
aerongo_result_t aerongo_counters_reader_state(aeron_counters_reader_t *reader, int32_t counter_id);
aerongo_result_t aerongo_counters_reader_type_id(aeron_counters_reader_t *reader, int32_t counter_id);
aerongo_result_t aerongo_counters_reader_free_for_reuse_deadline(aeron_counters_reader_t *reader, int32_t counter_id);
aerongo_result_t aerongo_counters_reader_key(aeron_counters_reader_t *reader, int32_t counter_id);
aerongo_result_t aerongo_counters_reader_label(
    aeron_counters_reader_t *reader, int32_t counter_id, char *buffer, size_t length);

/* ---- process.c -------------------------------------------------------------------------------------------------- */

aerongo_result_t aerongo_default_path(char *path, size_t length);
aerongo_result_t aerongo_delete_directory(const char *directory);
bool aerongo_is_driver_active(const char *directory, int64_t timeout_ms);
aerongo_result_t aerongo_properties_buffer_load(const char *text);
aerongo_result_t aerongo_properties_file_load(const char *file);
aerongo_result_t aerongo_properties_http_load(const char *url);
aerongo_result_t aerongo_properties_load(const char *url_or_file);
/* NULL: back to what was there before. */
void aerongo_set_fprintf_handler(aerongo_events_t *events);
bool aerongo_has_fprintf_handler(void);
int aerongo_fprintf(bool to_stderr, const char *text);

/* ---- cnc.c ------------------------------------------------------------------------------------------------------ */

typedef struct aerongo_cnc_info_stct
{
    int64_t client_liveness_timeout;
    int64_t start_timestamp;
    int64_t pid;
    int32_t cnc_version;
    int32_t to_driver_buffer_length;
    int32_t to_clients_buffer_length;
    int32_t counter_metadata_buffer_length;
    int32_t counter_values_buffer_length;
    int32_t error_log_buffer_length;
    int32_t file_page_size;
}
aerongo_cnc_info_t;

typedef struct aerongo_loss_stct
{
    int64_t observation_count;
    int64_t total_bytes_lost;
    int64_t first;
    int64_t last;
    const char *channel;
    const char *source;
    int32_t session_id;
    int32_t stream_id;
    int32_t channel_length;
    int32_t source_length;
}
aerongo_loss_t;

aerongo_result_t aerongo_cnc_init(const char *directory, int64_t timeout_ms);
aerongo_result_t aerongo_cnc_constants(aeron_cnc_t *cnc, aerongo_cnc_info_t *info);
const char *aerongo_cnc_filename(aeron_cnc_t *cnc);
int64_t aerongo_cnc_to_driver_heartbeat(aeron_cnc_t *cnc);
void aerongo_cnc_error_log_read(aeron_cnc_t *cnc, void *clientd, int64_t since);
aeron_counters_reader_t *aerongo_cnc_counters_reader(aeron_cnc_t *cnc);
aerongo_result_t aerongo_cnc_loss_reporter_read(aeron_cnc_t *cnc, void *clientd);
void aerongo_cnc_close(aeron_cnc_t *cnc);

#endif
