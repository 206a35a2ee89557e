package aeronc_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/misuse"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

var handles = map[string]func() (null, zero any){
	"Client":               func() (any, any) { return (*aeronc.Client)(nil), new(aeronc.Client) },
	"Driver":               func() (any, any) { return (*aeronc.Driver)(nil), new(aeronc.Driver) },
	"Context":              func() (any, any) { return (*aeronc.Context)(nil), new(aeronc.Context) },
	"DriverContext":        func() (any, any) { return (*aeronc.DriverContext)(nil), new(aeronc.DriverContext) },
	"Publication":          func() (any, any) { return (*aeronc.Publication)(nil), new(aeronc.Publication) },
	"ExclusivePublication": func() (any, any) { return (*aeronc.ExclusivePublication)(nil), new(aeronc.ExclusivePublication) },
	"Subscription":         func() (any, any) { return (*aeronc.Subscription)(nil), new(aeronc.Subscription) },
	"Image":                func() (any, any) { return (*aeronc.Image)(nil), new(aeronc.Image) },
	"Counter":              func() (any, any) { return (*aeronc.Counter)(nil), new(aeronc.Counter) },
	"CountersReader":       func() (any, any) { return (*aeronc.CountersReader)(nil), new(aeronc.CountersReader) },
	"Batch":                func() (any, any) { return (*aeronc.Batch)(nil), new(aeronc.Batch) },
	"Claim":                func() (any, any) { return new(aeronc.Claim), aeronc.Claim{} },
	"AsyncAdd": func() (any, any) {
		return (*aeronc.AsyncAdd[*aeronc.Publication])(nil), new(aeronc.AsyncAdd[*aeronc.Publication])
	},
	"Fragment": func() (any, any) { return new(aeronc.Fragment), aeronc.Fragment{} },
}

func TestMisuse_isTriedOnEveryType(t *testing.T) {
	for _, name := range misuse.Types(t, ".") {
		_, handle := handles[name]
		_, value := plainValues[name]
		require.NotEqual(t, handle, value, "type %s: name it in handles or in plainValues", name)
	}
}

// plainValues are the types that are plain: their zero is a value like others.
var plainValues = map[string]any{
	"Assembly": aeronc.Assembly{}, "Block": aeronc.Block{}, "Code": aeronc.Code(9), "Counts": aeronc.Counts{}, "DataPath": aeronc.DataPath{}, "CounterConstants": aeronc.CounterConstants{}, "CounterRecord": aeronc.CounterRecord{}, "ErrorFrame": aeronc.ErrorFrame{}, "DriverConfig": aeronc.DriverConfig{},
	"Error": &aeronc.Error{}, "Event": aeronc.Event{}, "ImageConstants": aeronc.ImageConstants{}, "InferableBoolean": aeronc.InferableBoolean(9),
	"Optional": aeronc.Optional[int]{}, "PortRange": aeronc.PortRange{}, "Property": aeronc.Property{}, "PublicationConstants": aeronc.PublicationConstants{},
	"ThreadingMode": aeronc.ThreadingMode(9),
}

// quiet are the methods that have nothing to complain about on a handle that is closed, or was never open, and, with a minus sign, those
// that are the tests' own.
var quiet = []string{"Close", "Err", "Error", "Apply", "SetProperties", "SetAssembly", "-Inject", "-Listeners", "-Reference", "-TearRotation", "-PollC", "-CPoll", "-FailIdleStrategy", "NewBatch"}

func TestMisuse_nilAndZero(t *testing.T) {
	for name, make := range handles {
		t.Run(name, func(t *testing.T) {
			null, zero := make()
			misuse.Calls(t, zero, true, quiet...)
			misuse.Calls(t, null, true, quiet...)
		})
	}
	for name, value := range plainValues {
		t.Run(name, func(t *testing.T) { misuse.Calls(t, value, false) })
	}
}

// What the batch of a publication that nobody has made holds has nowhere to go.
func TestMisuse_batchOfZero(t *testing.T) {
	for _, p := range []interface {
		NewBatch(length int) (*aeronc.Batch, error)
	}{new(aeronc.Publication), new(aeronc.ExclusivePublication)} {
		b, err := p.NewBatch(64)
		require.NoError(t, err)
		require.NoError(t, b.Add(nil))
		n, err := b.Flush()
		require.ErrorIs(t, err, aeronc.ErrClosed)
		require.Zero(t, n)
	}
}

// family is one of each handle, open.
func family(t *testing.T) (*aeronc.Client, *testdriver.Driver, []any) {
	t.Helper()
	ctx := testdriver.Context(t)
	d := testdriver.Start(t)
	client := d.Connect()
	sub, err := client.AddSubscription(ctx, "aeron:ipc", 10)
	require.NoError(t, err)
	pub, err := client.AddPublication(ctx, "aeron:ipc", 10)
	require.NoError(t, err)
	exclusive, err := client.AddExclusivePublication(ctx, "aeron:ipc", 10)
	require.NoError(t, err)
	testdriver.Await(t, "both images", func() bool { return sub.ImageCount() == 2 })
	claim, err := pub.TryClaim(16)
	require.NoError(t, err)
	require.NoError(t, claim.Abort())
	batch, err := exclusive.NewBatch(4096)
	require.NoError(t, err)
	counter, err := client.AddCounter(ctx, 1001, []byte("key"), "misuse")
	require.NoError(t, err)
	answered, err := client.AsyncAddPublication("aeron:ipc", 11)
	require.NoError(t, err)
	_, err = answered.Await(ctx)
	require.NoError(t, err)
	underWay, err := client.AsyncAddSubscription("aeron:ipc", 11)
	require.NoError(t, err)
	return client, d, []any{sub, pub, exclusive, claim, batch, sub.Images()[0], counter, answered, underWay, client.CountersReader(), client, d.Driver}
}

func TestMisuse_closed(t *testing.T) {
	client, d, all := family(t)
	require.NoError(t, client.Close())
	require.NoError(t, d.Close())
	for _, handle := range all {
		misuse.Calls(t, handle, false, quiet...)
	}
}

func TestMisuse_closingMeanwhile(t *testing.T) {
	for range 3 {
		client, d, all := family(t)
		var callers sync.WaitGroup
		for _, handle := range all {
			callers.Go(func() { misuse.Calls(t, handle, false, quiet...) })
		}
		require.NoError(t, client.Close())
		require.NoError(t, d.Close())
		callers.Wait()
	}
}
