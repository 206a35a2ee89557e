package main

import (
	"bytes"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/aeroncgo/aeron/stats"
)

// infoDocument is what info --json prints. Lengths are in bytes.
type infoDocument struct {
	heading
	Active                  bool           `json:"active"`
	Closed                  bool           `json:"closed"`
	PID                     int64          `json:"pid"`
	CnCVersion              string         `json:"cnc_version"`
	AeronVersion            string         `json:"aeron_version"`  // empty if the driver does not tell
	AeronSoftware           string         `json:"aeron_software"` // likewise
	StartTime               *time.Time     `json:"start_time"`
	Heartbeat               *time.Time     `json:"heartbeat"`
	HeartbeatAge            *int64         `json:"heartbeat_age_ms"`
	ClientLivenessTimeoutMS int64          `json:"client_liveness_timeout_ms"`
	PageSize                int            `json:"page_size"`
	ToDriverLength          int            `json:"to_driver_length"`
	ToClientsLength         int            `json:"to_clients_length"`
	CounterMetadataLength   int            `json:"counter_metadata_length"`
	CounterValuesLength     int            `json:"counter_values_length"`
	ErrorLogLength          int            `json:"error_log_length"`
	CnCLength               int64          `json:"cnc_length"`
	LossReportLength        int64          `json:"loss_report_length"`
	CounterCapacity         int            `json:"counter_capacity"`
	CountersAllocated       int            `json:"counters_allocated"`
	CountersFreed           int            `json:"counters_freed"`
	Errors                  int            `json:"errors"` // distinct ones
	Clients                 []clientRecord `json:"clients"`
}

// clientRecord is a client of the driver.
type clientRecord struct {
	ID        int64      `json:"id"`
	Name      string     `json:"name"`
	Version   string     `json:"version"`
	Heartbeat *time.Time `json:"heartbeat"` // null once it has closed, until the driver lets go of it
}

func infoCommand(std streams) *cobra.Command {
	l := look{}
	cmd := &cobra.Command{
		Use:   "info",
		Short: "Show what a driver is, whether it lives, and who is connected",
		Long: `info prints what a media driver's files say about the driver as a whole: whether it lives, its process, the versions of the file and of
Aeron, timeouts, the lengths of its buffers, how full its counters are, and its clients. One that has closed is listed as such, without a
heartbeat, until the driver looks after its clients again. One that was open for a moment may have no name yet.

The driver counts as alive while its heartbeat is at most 10 s old, Aeron's default for a driver's timeout.`,
		Example: "  aerongo info --dir /dev/shm/my-driver\n  aerongo info --json | jq .active",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := l.check(cmd); err != nil {
				return err
			}
			return l.show(cmd.Context(), std, infoView())
		},
	}
	l.flags(cmd, `{"time","dir","active","closed","pid","cnc_version","aeron_version","aeron_software","start_time","heartbeat","heartbeat_age_ms","client_liveness_timeout_ms","page_size","to_driver_length","to_clients_length","counter_metadata_length","counter_values_length","error_log_length","cnc_length","loss_report_length","counter_capacity","counters_allocated","counters_freed","errors","clients":[{"id","name","version","heartbeat"}]}`)
	return cmd
}

func infoView() view {
	return view{
		needs: []string{readsCounters},
		text:  func(b *bytes.Buffer, s *sight) { writeInfo(b, infoDocumentOf(heading{Dir: s.Info().Dir}, s), s.Info()) },
		json:  func(h heading, s *sight) any { return infoDocumentOf(h, s) },
	}
}

func infoDocumentOf(h heading, s *sight) infoDocument {
	i := s.Info()
	d := infoDocument{
		heading: h, Active: i.Active, Closed: i.Closed, PID: i.PID, CnCVersion: i.CnCVersion.String(), AeronSoftware: i.AeronSoftware,
		StartTime: optional(i.StartTime), Heartbeat: optional(i.Heartbeat), ClientLivenessTimeoutMS: i.ClientLivenessTimeout.Milliseconds(),
		PageSize: i.PageSize, ToDriverLength: i.ToDriverLength, ToClientsLength: i.ToClientsLength,
		CounterMetadataLength: i.CounterMetadataLength, CounterValuesLength: i.CounterValuesLength, ErrorLogLength: i.ErrorLogLength,
		CnCLength: i.CnCLength, LossReportLength: i.LossReportLength, CounterCapacity: i.CounterCapacity,
		CountersAllocated: i.CountersAllocated, CountersFreed: i.CountersFreed, Clients: []clientRecord{},
	}
	if i.AeronVersion != 0 {
		d.AeronVersion = i.AeronVersion.String()
	}
	if !i.Heartbeat.IsZero() {
		age := i.HeartbeatAge.Milliseconds()
		d.HeartbeatAge = &age
	}
	for range s.Errors() {
		d.Errors++
	}
	for c := range s.Clients() {
		d.Clients = append(d.Clients, clientRecord{c.ID, c.Name, c.Version, optional(c.Heartbeat)})
	}
	return d
}

func writeInfo(b *bytes.Buffer, d infoDocument, i stats.Info) {
	unknown := func(text string) string {
		if text == "" {
			return "unknown"
		}
		return text
	}
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%s\t"+format+"\n", append([]any{name}, args...)...)
	}
	row("active", "%t", d.Active)
	row("pid", "%d", d.PID)
	row("started", "%s", timestamp(i.StartTime))
	row("heartbeat", "%s", timestamp(i.Heartbeat))
	row("Aeron", "%s", unknown(d.AeronVersion))
	row("build", "%s", unknown(d.AeronSoftware))
	row("cnc.dat", "version %s, %s", d.CnCVersion, byteCount(d.CnCLength))
	row("client liveness timeout", "%v", i.ClientLivenessTimeout)
	row("page size", "%s", byteCount(int64(d.PageSize)))
	row("commands to the driver", "%s", byteCount(int64(d.ToDriverLength)))
	row("answers to clients", "%s", byteCount(int64(d.ToClientsLength)))
	row("counters", "%d of %d, %d freed", d.CountersAllocated, d.CounterCapacity, d.CountersFreed)
	row("error log", "%d distinct errors, %s", d.Errors, byteCount(int64(d.ErrorLogLength)))
	row("loss report", "%s", byteCount(d.LossReportLength))
	for _, c := range d.Clients {
		if c.Heartbeat == nil {
			row("client", "%d %q, closed", c.ID, c.Name)
			continue
		}
		row("client", "%d %q, Aeron %s, heartbeat %s", c.ID, c.Name, unknown(c.Version), timestamp(*c.Heartbeat))
	}
	_ = w.Flush() // into memory
}
