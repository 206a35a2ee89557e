// Package uri builds, reads and checks Aeron channel URIs, such as
//
//	aeron:udp?endpoint=127.0.0.1:40123|session-id=5|reliable=true
//
// # Building
//
// [UDP] and [IPC] start a channel; its methods each return a changed copy, so that they chain, and a URI can be a starting point for others:
//
//	base := uri.UDP().Endpoint("127.0.0.1", 40123)
//	one := base.SessionID(1).String()
//	two := base.SessionID(2).String()
//
// Parameters are written in the order of Java's ChannelUriStringBuilder, whatever order they were set in.
//
// A value that cannot be, such as port 70000, is not set; the URI keeps the error instead. [URI.Err] gives it, [URI.Build] returns it,
// and [URI.String] then gives a text that says so and that every driver refuses as a channel: nothing panics, and no error is lost even
// by who looks only at the string.
//
// # Reading
//
// [Parse] takes what the C driver's parser takes. The getters (GetSessionID and so on) give values as C reads them, with units, and
// [ErrNotSet] for parameters that are not there.
//
// # Checking
//
// The C driver ignores much that makes no sense: unknown and doubled parameters, ttl=abc, cc=bogus, an endpoint on aeron:ipc.
// [URI.Validate] reports it, and also what C refuses later, each problem with the field, the value and a remedy. [URI.ValidateFor] adds
// what depends on the use: a publication cannot have port 0, say. What depends on the machine or on the driver's state (names,
// interfaces, socket buffers, tags and correlation ids of others) only the driver knows.
//
// The package follows Aeron 1.54 (aeron_uri.c, aeron_driver_uri.c, aeron_udp_channel.c, aeron_parse_util.c, aeron_netutil.c; Java's
// CommonContext and ChannelUriStringBuilder). It is plain Go and builds without cgo. A URI is a value: everything in this package is safe
// for concurrent use.
package uri
