// Package aeronprom gives Prometheus the metrics of a media driver, any driver whose directory can be
// read: the one in this process, another one, C's or Java's. It needs neither a client nor cgo.
//
//	collector, err := aeronprom.New(drv.Dir(), aeronprom.Options{})
//	if err != nil {
//		return err
//	}
//	prometheus.MustRegister(collector)
//
// Several drivers are several collectors; each metric has the label driver, which tells them apart.
//
// # Metrics
//
// Names begin with aeron_. A name that ends in _total counts from the start of the driver, the stream or
// the subscription, and is for rate(); the others are what they are now.
//
//   - aeron_up: 1 if the driver lives, by its heartbeat. It is 0 when the driver has died or closed, and
//     when the directory is not there or not readable; then nothing below is given but what is known of
//     its heartbeat, so that alerts see a gap rather than the last value of a dead driver.
//   - The driver: aeron_driver_info (versions and pid as labels), aeron_driver_heartbeat_age_seconds,
//     aeron_driver_start_time_seconds, aeron_driver_counters, aeron_driver_counter_capacity,
//     aeron_read_problems (damaged parts of its files).
//   - Each system counter under its own name, such as aeron_bytes_sent_total; [SystemMetricName] has the names.
//     Those of a newer driver are aeron_system_counter with the label id.
//   - Streams, with the labels channel, stream_id and session_id: aeron_publisher_…, aeron_sender_…, aeron_receiver_…
//     and aeron_stream_loss_…; subscribers with subscription_id, client_id and client_name besides: aeron_subscriber_….
//   - Clients: aeron_client_heartbeat_age_seconds. Channels: aeron_channels by direction and status.
//   - aeron_error_observations_total, aeron_distinct_errors, aeron_last_error_timestamp_seconds, aeron_loss_bytes_total,
//     aeron_loss_observations_total, aeron_last_loss_timestamp_seconds. Texts of errors are no labels: anybody can
//     make new ones. `aerongo errors` prints them.
//
// # Bounds
//
// Who opens streams chooses channels, ids and names, so labels are bounded: [Options] says how many streams,
// subscribers of one stream and clients get series of their own. A stream that has them keeps them for as
// long as it lives; a later one gets them when there is room. The rest are not dropped without a trace:
// aeron_streams_others counts them, and aeron_streams_others_subscriber_lag_max_bytes is the longest lag among
// them, so that an alert on lag still sees it; likewise aeron_subscribers_others and aeron_clients_others.
//
// # Cost
//
// Each collection reads the files once; see package stats. Most of a scrape's cost are its series: with 1,000
// streams that all have them, 16,000 series, it is some 60 ms of one core, so half a percent of it every 15
// seconds (go test -bench Collect ./aeronprom).
package aeronprom
