// Package cncfile reads the header of an Aeron command-and-control file, cnc.dat,
// the file by which clients find a media driver.
//
// It never maps the file. A mapping of a file that somebody shortens ends the process
// with SIGBUS, which Go code cannot catch; a read of it ends with an error. And the
// header is checked before anything is believed: C 1.54 trusts it, and hangs or faults
// on a file that is shorter than its header says.
//
// The layout is that of aeron_cnc_file_descriptor.h; all integers are little-endian:
//
//	offset  field                           type
//	     0  cnc_version                     int32, 0 until the driver is ready
//	     4  to_driver_buffer_length         int32, power of two + 768 (ring trailer)
//	     8  to_clients_buffer_length        int32, power of two + 128 (broadcast trailer)
//	    12  counter_metadata_buffer_length  int32, 4 times the counter values
//	    16  counter_values_buffer_length    int32
//	    20  error_log_buffer_length         int32
//	    24  client_liveness_timeout         int64, nanoseconds
//	    32  start_timestamp                 int64, milliseconds since 1970
//	    40  pid                             int64
//	    48  file_page_size                  int32
//	   128  the five buffers, in the order of their lengths
//
// The driver's heartbeat, milliseconds since 1970, is the consumer heartbeat in the
// trailer of the to-driver ring.
package cncfile
