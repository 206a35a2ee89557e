package cgo

// #include "shim.h"
import "C"

// Cnc is a driver's CnC file, mapped to be read.
type Cnc struct{ c *C.aeron_cnc_t }

// CncInfo is what a driver said of itself when it started. Lengths are in bytes, the timeout in nanoseconds and the timestamp in
// milliseconds of the epoch.
type CncInfo struct {
	Version                     int32
	ToDriverBufferLength        int32
	ToClientsBufferLength       int32
	CounterMetadataBufferLength int32
	CounterValuesBufferLength   int32
	ErrorLogBufferLength        int32
	ClientLivenessTimeout       int64
	StartTimestamp              int64
	PID                         int64
	FilePageSize                int32
}

// Observation is an entry of a driver's error log; times in milliseconds of the epoch.
type Observation struct {
	Count       int32
	First, Last int64
	Text        string
}

// Loss is an entry of a driver's loss report; times in milliseconds of the epoch.
type Loss struct {
	Count, Bytes int64
	First, Last  int64
	SessionID    int32
	StreamID     int32
	Channel      string
	Source       string
}

// CncInit maps the CnC file of a directory and waits up to timeoutMillis for a driver to make it.
//
// C: aeron_cnc_init
func CncInit(dir string, timeoutMillis int64) (cnc Cnc, err error) {
	return cnc, withPath("open CnC file", dir, func(c *C.char) C.aerongo_result_t {
		r := C.aerongo_cnc_init(c, C.int64_t(timeoutMillis))
		cnc.c = (*C.aeron_cnc_t)(r.ptr)
		return r
	})
}

// CncConstants is what does not change.
//
// C: aeron_cnc_constants
func CncConstants(cnc Cnc) (CncInfo, error) {
	var c C.aerongo_cnc_info_t
	r := C.aerongo_cnc_constants(cnc.c, &c)
	return CncInfo{
		Version:                     int32(c.cnc_version),
		ToDriverBufferLength:        int32(c.to_driver_buffer_length),
		ToClientsBufferLength:       int32(c.to_clients_buffer_length),
		CounterMetadataBufferLength: int32(c.counter_metadata_buffer_length),
		CounterValuesBufferLength:   int32(c.counter_values_buffer_length),
		ErrorLogBufferLength:        int32(c.error_log_buffer_length),
		ClientLivenessTimeout:       int64(c.client_liveness_timeout),
		StartTimestamp:              int64(c.start_timestamp),
		PID:                         int64(c.pid),
		FilePageSize:                int32(c.file_page_size),
	}, errorOf("CnC constants", r)
}

// CncFilename is the file's path.
//
// C: aeron_cnc_filename
func CncFilename(cnc Cnc) string { return C.GoString(C.aerongo_cnc_filename(cnc.c)) }

// CncToDriverHeartbeat is when the driver last said that it lives, in milliseconds of the epoch; -1 when it has ended.
//
// C: aeron_cnc_to_driver_heartbeat
func CncToDriverHeartbeat(cnc Cnc) int64 { return int64(C.aerongo_cnc_to_driver_heartbeat(cnc.c)) }

// CncErrorLogRead lists the errors that were last seen at a time, in milliseconds of the epoch, or later.
//
// C: aeron_cnc_error_log_read
func CncErrorLogRead(cnc Cnc, since int64) []Observation {
	var observations []Observation
	tag := NewTag(&observations)
	defer tag.Free()
	C.aerongo_cnc_error_log_read(cnc.c, tag.p, C.int64_t(since))
	return observations
}

// CncCountersReader reads the driver's counters, until cnc is closed.
//
// C: aeron_cnc_counters_reader
func CncCountersReader(cnc Cnc) CountersReader {
	return CountersReader{C.aerongo_cnc_counters_reader(cnc.c)}
}

// CncLossReporterRead lists the driver's losses.
//
// C: aeron_cnc_loss_reporter_read
func CncLossReporterRead(cnc Cnc) ([]Loss, error) {
	var losses []Loss
	tag := NewTag(&losses)
	defer tag.Free()
	err := errorOf("read loss report", C.aerongo_cnc_loss_reporter_read(cnc.c, tag.p))
	return losses, err
}

// CncClose unmaps the file.
//
// C: aeron_cnc_close
func CncClose(cnc Cnc) { C.aerongo_cnc_close(cnc.c) }
