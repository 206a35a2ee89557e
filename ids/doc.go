// Package ids gives out session ids and stream ids that no two users of this process have at the same time.
//
// A session id that is given explicitly must differ from every other one of the same channel and stream, or the driver refuses the
// publication (error -1, "clashing sessionId"), also for some seconds after a publication with that id was closed. So ids are not
// counted upwards: each pool holds its ids in an order that was shuffled once with the operating system's secure generator, and an id
// that was given back is used again only after all the others that are free.
//
//	id, err := ids.Sessions.Allocate()
//	…
//	err = ids.Sessions.Free(id)
//
// [Sessions] and [Streams] are shared by everything in the process; [New] makes a pool of one's own. Ids are never 0, which means "no
// session" in the reserved range that this module gives its drivers: 1 to 2³¹-1, so that the ids which a driver chooses by itself are
// never positive and never meet these.
//
// The package is plain Go and builds without cgo. Everything in it is safe for concurrent use.
package ids
