package stats

import (
	"sync"
	"time"
)

// remembered is what one explanation leaves to the next one of the same snapshot: what does not change, and what costs much to find out.
type remembered struct {
	mu      sync.Mutex
	started time.Time // the driver of it
	pid     int64

	logs map[int64]logMetadata // of publications and images, by registration id

	pids    map[int64][]int // of clients, by id
	clients map[int64]Client
	files   int // how many logs told them apart
	looked  time.Time
}

// A client stays with its process. Whose process has been found is looked for again now and then, as a look may have been wrong; others
// when a client has come, or has more or fewer logs to be told by, and else after a while, as that means to look at all processes of the machine.
const (
	pidsAreGood = time.Minute
	pidsAreOpen = 10 * time.Second
)

// of makes it that of a driver: another one in the same directory has other logs and clients of the same numbers.
func (m *remembered) of(info *Info) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.pid != info.PID || !m.started.Equal(info.StartTime) {
		m.pid, m.started = info.PID, info.StartTime
		m.logs, m.pids = nil, nil
	}
}

// log gives what has been read of a log, of which connected, ended and position may have changed.
func (m *remembered) log(registrationID int64) (meta logMetadata, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	meta, ok = m.logs[registrationID]
	return meta, ok
}

// keepLog keeps what has been read of a log. there is how many logs there are: when most of those that are kept have gone, all are read anew.
func (m *remembered) keepLog(registrationID int64, meta logMetadata, there int) {
	const more = 1000
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.logs == nil || len(m.logs) > 2*there+more {
		m.logs = map[int64]logMetadata{}
	}
	m.logs[registrationID] = meta
}

// processes gives what has been found of the clients, if that will do.
func (m *remembered) processes(clients map[int64]Client, files int, now time.Time) (pids map[int64][]int, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.pids == nil {
		return nil, false
	}
	found := true
	for id := range clients {
		if _, seen := m.clients[id]; !seen {
			return nil, false
		}
		found = found && len(m.pids[id]) == 1
	}
	age := now.Sub(m.looked)
	return m.pids, found && age < pidsAreGood || !found && files == m.files && age < pidsAreOpen
}

func (m *remembered) keepProcesses(pids map[int64][]int, clients map[int64]Client, files int, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pids, m.clients, m.files, m.looked = pids, clients, files, now
}
