package aeronprom

import (
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/aeroncgo/aeron/stats"
)

const prefix = "aeron_"

// Collector is a prometheus.Collector of one driver's directory. It holds no file open between
// collections and has nothing to close. Any goroutines may use it.
type Collector struct {
	dir     string
	options Options
	all     []*prometheus.Desc

	up, info, heartbeat, started, counters, capacity, problems *prometheus.Desc
	errors, distinct, lastError                                *prometheus.Desc
	lossBytes, lossEvents, lastLoss                            *prometheus.Desc
	channels                                                   *prometheus.Desc
	clients, clientAge, clientOthers                           *prometheus.Desc
	system                                                     [len(systemMetrics)]*prometheus.Desc
	newSystem                                                  *prometheus.Desc
	stream                                                     streamDescs

	mu   sync.Mutex // of what follows
	snap *stats.Snapshot
	kept map[streamLabels]struct{} // the streams that have series
}

// New makes a collector of the driver in dir, which need not be there yet and may come, die and come
// again: aeron_up tells. A [github.com/aeroncgo/aeron.Driver] has its directory in Dir.
//
// The error matches [ErrOptions] and names the field.
func New(dir string, o Options) (*Collector, error) {
	o, err := o.complete(dir)
	if err != nil {
		return nil, err
	}
	c := &Collector{dir: dir, options: o, kept: map[streamLabels]struct{}{}}
	c.up = c.desc("up", "Whether the driver lives, by its heartbeat (1), or is dead, closed, absent or not readable (0).")
	c.info = c.desc("driver_info", "Versions and process id of the driver; the value is 1.", "aeron_version", "cnc_version", "pid")
	c.heartbeat = c.desc("driver_heartbeat_age_seconds", "How long ago the driver's conductor was last alive.")
	c.started = c.desc("driver_start_time_seconds", "When the driver started, in seconds since 1970.")
	c.counters = c.desc("driver_counters", "How many counters are allocated.")
	c.capacity = c.desc("driver_counter_capacity", "How many counters there can be; a driver without a free one refuses publications and subscriptions.")
	c.problems = c.desc("read_problems", "How many parts of the driver's files were damaged or cut short at this reading.")
	c.errors = c.desc("error_observations_total", "How often the errors of the driver's error log have been observed, all together.")
	c.distinct = c.desc("distinct_errors", "How many different errors the driver's error log has.")
	c.lastError = c.desc("last_error_timestamp_seconds", "When an error was last observed, in seconds since 1970.")
	c.lossBytes = c.desc("loss_bytes_total", "Bytes that were lost on the way to this driver's images, as its loss report has them; what was retransmitted counts too.")
	c.lossEvents = c.desc("loss_observations_total", "How many gaps those bytes were.")
	c.lastLoss = c.desc("last_loss_timestamp_seconds", "When a gap was last seen, in seconds since 1970.")
	c.channels = c.desc("channels", "How many channels are in a status.", "direction", "status")
	c.clients = c.desc("clients", "How many clients the driver knows.")
	c.clientAge = c.desc("client_heartbeat_age_seconds", "How long ago a client last said that it lives.", "client_id", "client_name")
	c.clientOthers = c.desc("clients_others", "How many clients have no series of their own, since there are more than MaxClients.")
	for id, m := range systemMetrics {
		c.system[id] = c.desc(m.name, "System counter "+strconv.Itoa(id)+": "+stats.SystemCounterName(int32(id))+".")
	}
	c.newSystem = c.desc("system_counter", "A system counter of a driver newer than Aeron 1.54.", "id")
	c.describeStreams()
	return c, nil
}

func (c *Collector) desc(name, help string, labels ...string) *prometheus.Desc {
	d := prometheus.NewDesc(prefix+name, help, labels, prometheus.Labels{"driver": c.options.Driver})
	c.all = append(c.all, d)
	return d
}

// Describe implements prometheus.Collector.
func (c *Collector) Describe(descs chan<- *prometheus.Desc) {
	for _, d := range c.all {
		descs <- d
	}
}

// Collect implements prometheus.Collector: it reads the directory and gives what is there. Whatever is
// there, a registry can gather it: no label is given twice, and every text is UTF-8.
func (c *Collector) Collect(metrics chan<- prometheus.Metric) {
	c.mu.Lock()
	out := &sink{seen: map[series]struct{}{}}
	c.read(out)
	c.mu.Unlock()
	for _, m := range out.metrics { // outside the lock: whoever takes them may be slow
		metrics <- m
	}
}

func (c *Collector) read(out *sink) {
	err := c.refresh()
	up := err == nil && c.snap.Info().ActiveWithin(c.options.DriverTimeout)
	if !up {
		clear(c.kept)
	}
	out.gauge(c.up, truth(up))
	if err != nil {
		return
	}
	info := c.snap.Info()
	if !info.Heartbeat.IsZero() {
		out.gauge(c.heartbeat, info.HeartbeatAge.Seconds())
	}
	if !info.StartTime.IsZero() {
		out.gauge(c.started, seconds(info.StartTime))
	}
	if !up {
		return
	}
	version := ""
	if info.AeronVersion != 0 {
		version = info.AeronVersion.String()
	}
	out.gauge(c.info, 1, version, info.CnCVersion.String(), itoa(info.PID))
	out.gauge(c.counters, float64(info.CountersAllocated))
	out.gauge(c.capacity, float64(info.CounterCapacity))
	out.gauge(c.problems, float64(problems(c.snap.Err())))
	c.collectSystem(out, c.snap)
	c.collectErrors(out)
	c.collectChannels(out)
	names := c.collectClients(out)
	c.collectStreams(out, names)
}

// refresh reads the directory again, or for the first time.
func (c *Collector) refresh() (err error) {
	if c.snap == nil {
		c.snap, err = stats.Open(c.dir)
		return err
	}
	return c.snap.Refresh()
}

func (c *Collector) collectErrors(out *sink) {
	observations, distinct, last := 0.0, 0, time.Time{}
	for e := range c.snap.Errors() {
		observations += float64(e.Count)
		distinct++
		last = later(last, e.Last)
	}
	out.count(c.errors, observations)
	out.gauge(c.distinct, float64(distinct))
	if !last.IsZero() {
		out.gauge(c.lastError, seconds(last))
	}
	bytes, gaps, last := 0.0, 0.0, time.Time{}
	for l := range c.snap.Loss() {
		bytes += float64(l.TotalBytesLost)
		gaps += float64(l.ObservationCount)
		last = later(last, l.Last)
	}
	out.count(c.lossBytes, bytes)
	out.count(c.lossEvents, gaps)
	if !last.IsZero() {
		out.gauge(c.lastLoss, seconds(last))
	}
}

// The statuses of a channel: aeron_counters.h, AERON_COUNTER_CHANNEL_ENDPOINT_STATUS_….
var channelStatus = map[int64]string{-1: "errored", 0: "initializing", 1: "active", 2: "closing"}

func (c *Collector) collectChannels(out *sink) {
	for _, direction := range []struct {
		name   string
		typeID int32
	}{{"send", stats.TypeSendChannelStatus}, {"receive", stats.TypeReceiveChannelStatus}} {
		number := map[int64]int{}
		for counter := range c.snap.Counters() {
			if counter.TypeID == direction.typeID {
				number[counter.Value]++
			}
		}
		for value, name := range channelStatus { // zero too: an alert needs a series to begin with
			out.gauge(c.channels, float64(number[value]), direction.name, name)
		}
	}
}

// collectClients returns the clients' names.
func (c *Collector) collectClients(out *sink) map[int64]string {
	names := map[int64]string{}
	taken := c.snap.Info().Taken
	total := 0
	for client := range c.snap.Clients() {
		total++
		names[client.ID] = client.Name
		if total <= c.options.MaxClients && !client.Heartbeat.IsZero() {
			out.gauge(c.clientAge, taken.Sub(client.Heartbeat).Seconds(), itoa(client.ID), client.Name)
		}
	}
	out.gauge(c.clients, float64(total))
	out.gauge(c.clientOthers, float64(max(0, total-c.options.MaxClients)))
	return names
}

// sink gathers metrics, each of which it takes once: a registry refuses everything if two are alike.
type sink struct {
	metrics []prometheus.Metric
	seen    map[series]struct{}
}

// series is what a metric is told apart by.
type series struct {
	of     *prometheus.Desc
	labels string
}

func (s *sink) gauge(d *prometheus.Desc, value float64, labels ...string) {
	s.put(d, prometheus.GaugeValue, value, labels...)
}

func (s *sink) count(d *prometheus.Desc, value float64, labels ...string) {
	s.put(d, prometheus.CounterValue, value, labels...)
}

func (s *sink) put(d *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) {
	key := series{d, strings.Join(labels, "\xFF")} // a byte that UTF-8 does not have
	if _, twice := s.seen[key]; twice {
		return
	}
	s.seen[key] = struct{}{}
	m, err := prometheus.NewConstMetric(d, kind, value, labels...)
	if err != nil {
		m = prometheus.NewInvalidMetric(d, err) // the registry tells, and gives the others
	}
	s.metrics = append(s.metrics, m)
}

// problems counts errors that were joined.
func problems(err error) int {
	if err == nil {
		return 0
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return len(joined.Unwrap())
	}
	return 1
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1e3 }

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// longer is the greater of two, of which one may be none (NaN).
func longer(a, b float64) float64 {
	if math.IsNaN(a) || b > a {
		return b
	}
	return a
}
