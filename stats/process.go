package stats

import (
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// Aeron does not tell which process a client is. What tells it on Linux is which processes have the
// client's files mapped: a client maps cnc.dat once, and the log of each of its publications and images.

// sighting is a process that has files of the driver mapped, and how often each.
type sighting struct {
	pid  int
	maps map[string]int
}

// staleHeartbeat is the age at which a client may be one whose process has gone: clients beat twice
// a second.
const staleHeartbeat = 5 * time.Second

// maxPlaced is of how many clients the processes are looked for: a file may say that there are a million.
const maxPlaced = 1000

// clientProcesses tells which process each client may be, the driver's own included. A client with
// several is any of them; one that is missing is unknown. seen are the processes that have files of
// the driver mapped, logs the files of each client, and known the processes that the caller knows.
func clientProcesses(seen []sighting, clients []Client, logs map[int64][]string, known map[int64]int, now time.Time) map[int64][]int {
	slots, visible := map[int]int{}, 0
	for i := range seen {
		p := &seen[i]
		if p.maps[LossReportFile] > 0 { // nobody but the driver maps that; it maps all the rest once, too
			for name := range p.maps {
				p.maps[name]--
			}
		}
		slots[p.pid] = p.maps[cncName]
		visible += p.maps[cncName]
	}
	needed := 0
	for _, c := range clients {
		if now.Sub(c.Heartbeat) < staleHeartbeat {
			needed++
		}
	}
	found := map[int64][]int{}
	for _, c := range clients {
		if pid := known[c.ID]; pid != 0 {
			found[c.ID] = []int{pid}
			continue
		}
		if visible < needed || len(clients) > maxPlaced { // some are other users', or in other containers: any of these could be wrong
			continue
		}
		if pids := candidates(seen, logs[c.ID]); len(pids) > 0 {
			found[c.ID] = pids
		}
	}
	eliminate(found, slots)
	hinted := false
	for _, c := range clients {
		if pids := found[c.ID]; len(pids) > 1 && c.Name != "" {
			if likely := slices.DeleteFunc(slices.Clone(pids), func(pid int) bool { return !calledSo(pid, c.Name) }); len(likely) == 1 {
				found[c.ID], hinted = likely, true
			}
		}
	}
	if hinted {
		eliminate(found, slots)
	}
	return found
}

// candidates are the processes that have cnc.dat and all of a client's logs mapped. A log that no
// client has mapped tells nothing: its image may have gone.
func candidates(seen []sighting, logs []string) []int {
	logs = slices.DeleteFunc(slices.Clone(logs), func(name string) bool {
		return !slices.ContainsFunc(seen, func(p sighting) bool { return p.maps[name] > 0 })
	})
	var pids []int
	for _, p := range seen {
		if p.maps[cncName] > 0 && !slices.ContainsFunc(logs, func(name string) bool { return p.maps[name] <= 0 }) {
			pids = append(pids, p.pid)
		}
	}
	return pids
}

// eliminate takes a process that has as many clients for certain as it has mappings from all others.
func eliminate(found map[int64][]int, slots map[int]int) {
	certain := map[int]int{}
	for _, pids := range found {
		if len(pids) == 1 {
			certain[pids[0]]++
		}
	}
	// Another round follows where a process has got all its clients, so there are no more rounds than processes.
	for again := true; again; {
		again = false
		for id, pids := range found {
			if len(pids) < 2 {
				continue
			}
			rest := slices.DeleteFunc(slices.Clone(pids), func(pid int) bool { return certain[pid] >= slots[pid] })
			if len(rest) == 0 || len(rest) == len(pids) {
				continue
			}
			found[id] = rest
			if len(rest) == 1 {
				certain[rest[0]]++
				again = again || certain[rest[0]] >= slots[rest[0]] // others may have had it, too
			}
		}
	}
}

// calledSo reports whether a process gives a client its name: by its own name or file, by having its
// number in it, or by the setting of C's or Java's client.
func calledSo(pid int, name string) bool {
	number := `(^|\D)` + strconv.Itoa(pid) + `(\D|$)`
	if ok, _ := regexp.MatchString(number, name); ok {
		return true
	}
	arguments, environment := processNames(pid)
	if len(arguments) > 0 && filepath.Base(arguments[0]) == name {
		return true
	}
	return slices.Contains(arguments, "-Daeron.client.name="+name) || slices.Contains(environment, "AERON_CLIENT_NAME="+name)
}
