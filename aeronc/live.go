package aeronc

import "github.com/aeroncgo/aeron/cgo"

// Live counts what is open in this process: every number is 0 when everything has been closed.
func Live() Counts {
	return Counts{
		Drivers:       live.drivers.Load(),
		Clients:       live.clients.Load(),
		Publications:  live.publications.Load(),
		Subscriptions: live.subscriptions.Load(),
		Images:        live.images.Load(),
		Counters:      live.counters.Load(),
		Pending:       live.pending.Load(),
		Tags:          cgo.LiveTags(),
		Listeners:     cgo.LiveListeners(),
		AbandonedLogs: live.abandoned.Load(),
	}
}

// Version is the version of Aeron that is linked, such as "1.54.0".
//
// C: aeron_version_text
func Version() string { return cgo.Version() }
