/*
 * What the Go side assumes of Aeron's memory, checked by the compiler against the headers that the archive was built from:
 * a change in any of it stops the build here instead of reading the wrong bytes there. See aeronc/layout.go.
 */
#include "shim.h"

#include "aeron_image.h"
#include "aeron_subscription.h"
#include "concurrent/aeron_logbuffer_descriptor.h"
#include "protocol/aeron_udp_protocol.h"

_Static_assert(__ORDER_LITTLE_ENDIAN__ == __BYTE_ORDER__, "the log is little-endian, and Go writes several of its fields at once");
_Static_assert(32 == sizeof(aeron_data_header_t), "length of the data header");
_Static_assert(0 == offsetof(aeron_frame_header_t, frame_length), "frame length");
_Static_assert(4 == offsetof(aeron_frame_header_t, version), "version");
_Static_assert(5 == offsetof(aeron_frame_header_t, flags), "flags");
_Static_assert(6 == offsetof(aeron_frame_header_t, type), "type");
_Static_assert(8 == offsetof(aeron_data_header_t, term_offset), "term offset");
_Static_assert(12 == offsetof(aeron_data_header_t, session_id), "session id");
_Static_assert(16 == offsetof(aeron_data_header_t, stream_id), "stream id");
_Static_assert(20 == offsetof(aeron_data_header_t, term_id), "term id");
_Static_assert(24 == offsetof(aeron_data_header_t, reserved_value), "reserved value");
_Static_assert(0 == AERON_HDR_TYPE_PAD, "padding");
_Static_assert(1 == AERON_HDR_TYPE_DATA, "data");
_Static_assert(32 == AERON_LOGBUFFER_FRAME_ALIGNMENT, "frame alignment");
_Static_assert(128 == offsetof(aeron_logbuffer_metadata_t, end_of_stream_position), "end of stream position");
_Static_assert(1 == sizeof(bool), "a bool is one byte");
_Static_assert(0 == offsetof(aeron_logbuffer_metadata_t, term_tail_counters), "tail counters");
_Static_assert(24 == offsetof(aeron_logbuffer_metadata_t, active_term_count), "active term count");
_Static_assert(136 == offsetof(aeron_logbuffer_metadata_t, is_connected), "is connected");
_Static_assert(320 == offsetof(aeron_logbuffer_metadata_t, default_header), "default header");
_Static_assert(3 == AERON_LOGBUFFER_PARTITION_COUNT, "three terms");
_Static_assert(sizeof(size_t) == sizeof(void *), "a size_t is a uintptr");
_Static_assert(0 == AERON_FRAME_HEADER_VERSION, "version of a frame");

_Static_assert(-1 == AERON_PUBLICATION_NOT_CONNECTED, "not connected");
_Static_assert(-2 == AERON_PUBLICATION_BACK_PRESSURED, "back pressured");
_Static_assert(-3 == AERON_PUBLICATION_ADMIN_ACTION, "admin action");
_Static_assert(-4 == AERON_PUBLICATION_CLOSED, "closed");
_Static_assert(-5 == AERON_PUBLICATION_MAX_POSITION_EXCEEDED, "max position exceeded");
_Static_assert(-6 == AERON_PUBLICATION_ERROR, "error");

_Static_assert(1 == AERON_ACTION_ABORT, "abort");
_Static_assert(2 == AERON_ACTION_BREAK, "break");
_Static_assert(3 == AERON_ACTION_COMMIT, "commit");
_Static_assert(4 == AERON_ACTION_CONTINUE, "continue");

_Static_assert(0 == AERON_THREADING_MODE_DEDICATED, "dedicated");
_Static_assert(1 == AERON_THREADING_MODE_SHARED_NETWORK, "shared network");
_Static_assert(2 == AERON_THREADING_MODE_SHARED, "shared");
_Static_assert(3 == AERON_THREADING_MODE_INVOKER, "invoker");

const char *aerongo_version(void)
{
    return aeron_version_text();
}
