import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.BooleanSupplier;

import org.agrona.BitUtil;
import org.agrona.IoUtil;
import org.agrona.concurrent.SleepingIdleStrategy;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.broadcast.BroadcastTransmitter;

import io.aeron.Aeron;
import io.aeron.CncFileDescriptor;
import io.aeron.DirectBufferVector;
import io.aeron.ExclusivePublication;
import io.aeron.FragmentAssembler;
import io.aeron.Image;
import io.aeron.Publication;
import io.aeron.Subscription;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import io.aeron.logbuffer.BufferClaim;
import io.aeron.logbuffer.FragmentHandler;
import io.aeron.logbuffer.FrameDescriptor;
import io.aeron.logbuffer.LogBufferDescriptor;
import io.aeron.protocol.DataHeaderFlyweight;

/**
 * The peer of the interop tests in Java: the commands of package peer (../peer/serve.go) on Aeron's Java client, and some more, since a
 * JVM takes long to start:
 *
 * <pre>
 *   TAG driver D DIR        runs Java's media driver in DIR
 *   TAG puppet D DIR        runs one that says to its clients, besides what it has to, what it is told to
 *   TAG say D TYPE BODY     lets it tell them an event of a type, with a body in base64
 *   TAG tool CLASS DIR      main of io.aeron.samples.CLASS for the driver in DIR: out= what it prints, in base64
 * </pre>
 */
public final class Peer
{
    private static final long PATIENCE_NS = SECONDS.toNanos(30); // as peer.Patience

    private final Map<String, AutoCloseable> things = new ConcurrentHashMap<>();
    private final PrintStream out;

    private Peer(final PrintStream out)
    {
        this.out = out;
    }

    public static void main(final String[] args) throws Exception
    {
        final Peer peer = new Peer(System.out);
        System.setOut(System.err); // for whatever else prints
        final ExecutorService commands = Executors.newCachedThreadPool();
        final BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine())
        {
            final String[] words = line.trim().split(" +");
            if (words.length >= 2)
            {
                commands.execute(() -> peer.command(words));
            }
        }
        commands.shutdown();
        commands.awaitTermination(PATIENCE_NS, java.util.concurrent.TimeUnit.NANOSECONDS);
        peer.close(Publication.class, ExclusivePublication.class, Sender.class, Receiver.class);
        peer.close(Aeron.class);
        peer.close(AutoCloseable.class);
    }

    private void close(final Class<?>... kinds) throws Exception
    {
        for (final AutoCloseable thing : things.values())
        {
            for (final Class<?> kind : kinds)
            {
                if (kind.isInstance(thing) && things.values().remove(thing))
                {
                    thing.close();
                }
            }
        }
    }

    private void command(final String[] words)
    {
        String answer;
        try
        {
            answer = ("ok " + carryOut(words)).trim();
        }
        catch (final Throwable t)
        {
            answer = "err " + String.valueOf(t).replace('\n', ' ');
        }
        synchronized (out)
        {
            out.println(words[0] + " " + answer);
            out.flush();
        }
    }

    private String carryOut(final String[] w) throws Exception
    {
        switch (w[1])
        {
            case "driver":
                things.put(w[2], MediaDriver.launch(settings(w[3]).threadingMode(ThreadingMode.SHARED)));
                return "";
            case "puppet":
                things.put(w[2], new Puppet(settings(w[3])));
                return "";
            case "say":
                get(w[2], Puppet.class).say(Integer.parseInt(w[3]), Base64.getDecoder().decode(w.length > 4 ? w[4] : ""));
                return "";
            case "tool":
                return "out=" + tool(w[2], w[3]);
            case "connect":
                things.put(w[2], Aeron.connect(new Aeron.Context()
                    .aeronDirectoryName(w[3])
                    .idleStrategy(new SleepingIdleStrategy(MILLISECONDS.toNanos(1)))
                    .errorHandler((t) -> System.err.println("javapeer: client: " + t))));
                return "";
            case "sub":
            {
                final Receiver receiver = new Receiver(get(w[3], Aeron.class).addSubscription(w[4], Integer.parseInt(w[5])));
                things.put(w[2], receiver);
                return "registration=" + receiver.subscription.registrationId();
            }
            case "pub":
            {
                final Sender sender = new Sender();
                final Publication any;
                if ("exclusive".equals(w[6]))
                {
                    any = sender.exclusive = get(w[3], Aeron.class).addExclusivePublication(w[4], Integer.parseInt(w[5]));
                }
                else
                {
                    any = get(w[3], Aeron.class).addPublication(w[4], Integer.parseInt(w[5]));
                }
                sender.any = any;
                things.put(w[2], sender);
                return "session=" + any.sessionId() + " registration=" + any.registrationId();
            }
            case "connected":
                await("a subscriber", get(w[2], Sender.class).any::isConnected);
                return "";
            case "image":
            {
                final Subscription subscription = get(w[2], Receiver.class).subscription;
                await("an image", () -> subscription.imageCount() > 0);
                final Image image = subscription.imageAtIndex(0);
                return "correlation=" + image.correlationId() + " session=" + image.sessionId();
            }
            case "dest":
            case "undest":
                destination(things.get(w[2]), w[3], "dest".equals(w[1]));
                return "";
            case "send":
                return send(get(w[2], Sender.class), w[3], Long.parseUnsignedLong(w[4]), Integer.parseInt(w[5]), w[6].split(","));
            case "recv":
                return get(w[2], Receiver.class).receive(Integer.parseInt(w[3]));
            case "close":
                things.remove(w[2]).close();
                return "";
            default:
                throw new IllegalArgumentException("no command " + w[1]);
        }
    }

    private static MediaDriver.Context settings(final String dir)
    {
        return new MediaDriver.Context()
            .aeronDirectoryName(dir)
            .sharedIdleStrategy(new SleepingIdleStrategy(50_000))
            .dirDeleteOnShutdown(true)
            .counterValuesBufferLength(1 << 20)
            .imageLivenessTimeoutNs(SECONDS.toNanos(4))
            .publicationLingerTimeoutNs(MILLISECONDS.toNanos(500))
            .spiesSimulateConnection(false)
            .errorHandler((t) -> System.err.println("javapeer: driver: " + t));
    }

    private <T> T get(final String name, final Class<T> kind)
    {
        return kind.cast(things.get(name));
    }

    private static void destination(final AutoCloseable thing, final String channel, final boolean add)
    {
        if (thing instanceof Receiver && add)
        {
            ((Receiver)thing).subscription.addDestination(channel);
        }
        else if (thing instanceof Receiver)
        {
            ((Receiver)thing).subscription.removeDestination(channel);
        }
        else if (add)
        {
            ((Sender)thing).any.addDestination(channel);
        }
        else
        {
            ((Sender)thing).any.removeDestination(channel);
        }
    }

    private static void pause()
    {
        try
        {
            Thread.sleep(0, 100_000);
        }
        catch (final InterruptedException e)
        {
            throw new IllegalStateException(e);
        }
    }

    private static void await(final String what, final BooleanSupplier condition)
    {
        final long since = System.nanoTime();
        while (!condition.getAsBoolean())
        {
            if (System.nanoTime() - since > PATIENCE_NS)
            {
                throw new IllegalStateException("waited in vain for " + what);
            }
            pause();
        }
    }

    /** Runs a program of Aeron's with this thread's standard output caught: one at a time. */
    private static synchronized String tool(final String name, final String dir) throws Exception
    {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        final PrintStream before = System.out;
        System.setProperty("aeron.dir", dir);
        System.setOut(new PrintStream(bytes, true, UTF_8));
        try
        {
            final String[] args = "AeronStat".equals(name) ? new String[]{ "watch=false" } : new String[0];
            Class.forName("io.aeron.samples." + name).getMethod("main", String[].class).invoke(null, (Object)args);
        }
        finally
        {
            System.out.flush();
            System.setOut(before);
            System.clearProperty("aeron.dir");
        }
        return Base64.getEncoder().encodeToString(bytes.toByteArray());
    }

    private static String send(final Sender sender, final String method, final long seed, final int times, final String[] words)
    {
        final int[] sizes = new int[words.length];
        int longest = 1;
        for (int i = 0; i < words.length; i++)
        {
            sizes[i] = Integer.parseInt(words[i]);
            longest = Math.max(longest, sizes[i]);
        }
        final UnsafeBuffer message = new UnsafeBuffer(new byte[longest]);
        final Digest sent = new Digest();
        for (int n = 0; n < times * sizes.length; n++)
        {
            final int length = sizes[n % sizes.length];
            Digest.fill(message, length, seed, n);
            await("the window to open", () -> sender.send(method, message, length));
            sent.add(message, 0, length);
        }
        await("the window to open", sender::flush);
        return sent.toString();
    }

    /** A driver whose duty cycle runs here, so that somebody else may tell its clients something in between: there is one writer. */
    private static final class Puppet implements AutoCloseable
    {
        private final MediaDriver driver;
        private final BroadcastTransmitter toClients;
        private final BlockingQueue<Runnable> words = new LinkedBlockingQueue<>();
        private final Thread thread = new Thread(this::run, "puppet");
        private volatile boolean closed;

        Puppet(final MediaDriver.Context context)
        {
            driver = MediaDriver.launch(context.threadingMode(ThreadingMode.INVOKER));
            final ByteBuffer cnc = IoUtil.mapExistingFile(new File(context.aeronDirectoryName(), CncFileDescriptor.CNC_FILE), "cnc");
            toClients = new BroadcastTransmitter(CncFileDescriptor.createToClientsBuffer(cnc, CncFileDescriptor.createMetaDataBuffer(cnc)));
            thread.start();
        }

        private void run()
        {
            while (!closed)
            {
                final int work = driver.sharedAgentInvoker().invoke();
                final Runnable next = words.poll();
                if (null != next)
                {
                    next.run();
                }
                else if (0 == work)
                {
                    pause();
                }
            }
        }

        void say(final int type, final byte[] body) throws Exception
        {
            final FutureTask<Void> task = new FutureTask<>(() -> toClients.transmit(type, new UnsafeBuffer(body), 0, body.length), null);
            words.add(task);
            task.get();
        }

        public void close() throws Exception
        {
            closed = true;
            thread.join();
            driver.close();
        }
    }

    /** payload.Fill and payload.Digest. */
    private static final class Digest
    {
        private static final long PRIME = 0x100000001B3L;
        private long count;
        private long bytes;
        private long hash = 0xCBF29CE484222325L;

        static void fill(final UnsafeBuffer message, final int length, final long seed, final long n)
        {
            long x = seed + n * 0x9E3779B97F4A7C15L;
            x = 0 == x ? 1 : x;
            for (int at = 0; at < length; at += 8)
            {
                x ^= x << 13;
                x ^= x >>> 7;
                x ^= x << 17;
                if (length - at >= 8)
                {
                    message.putLong(at, x, java.nio.ByteOrder.LITTLE_ENDIAN);
                    continue;
                }
                for (int i = 0; at + i < length; i++)
                {
                    message.putByte(at + i, (byte)(x >>> (8 * i)));
                }
            }
        }

        void add(final org.agrona.DirectBuffer message, final int offset, final int length)
        {
            count++;
            bytes += length;
            long h = (hash ^ length) * PRIME;
            for (int at = 0; at < length; at += 8)
            {
                long word = 0;
                if (length - at >= 8)
                {
                    word = message.getLong(offset + at, java.nio.ByteOrder.LITTLE_ENDIAN);
                }
                else
                {
                    for (int i = 0; at + i < length; i++)
                    {
                        word |= (message.getByte(offset + at + i) & 0xFFL) << (8 * i);
                    }
                }
                h = (h ^ word) * PRIME;
            }
            hash = h;
        }

        public String toString()
        {
            return String.format("count=%d bytes=%d hash=%016x", count, bytes, hash);
        }
    }

    private static final class Receiver implements AutoCloseable
    {
        private final Subscription subscription;
        private Digest received;
        private final FragmentHandler assembler = new FragmentAssembler((b, offset, length, h) -> received.add(b, offset, length));

        Receiver(final Subscription subscription)
        {
            this.subscription = subscription;
        }

        String receive(final int wanted)
        {
            received = new Digest();
            final long since = System.nanoTime();
            while (received.count < wanted)
            {
                if (0 == subscription.poll(assembler, 16))
                {
                    if (System.nanoTime() - since > PATIENCE_NS)
                    {
                        throw new IllegalStateException("waited in vain for messages, after " + received + " of " + wanted);
                    }
                    pause();
                }
            }
            return received.toString();
        }

        public void close()
        {
            subscription.close();
        }
    }

    private static final class Sender implements AutoCloseable
    {
        private static final int FRAMES_PER_BLOCK = 4;
        private final BufferClaim claim = new BufferClaim();
        private final UnsafeBuffer block = new UnsafeBuffer(new byte[64 * 1024]);
        private Publication any;
        private ExclusivePublication exclusive;
        private int blockLength;
        private int blocked;

        boolean send(final String method, final UnsafeBuffer message, final int length)
        {
            switch (method)
            {
                case "offer":
                    return outcome(any.offer(message, 0, length));
                case "vectored":
                {
                    final int third = length / 3;
                    return outcome(any.offer(new DirectBufferVector[]{
                        new DirectBufferVector(message, 0, third),
                        new DirectBufferVector(message, third, third),
                        new DirectBufferVector(message, 2 * third, length - 2 * third) }, null));
                }
                case "claim":
                    if (!outcome(any.tryClaim(length, claim)))
                    {
                        return false;
                    }
                    claim.buffer().putBytes(claim.offset(), message, 0, length);
                    claim.commit();
                    return true;
                case "block":
                    if (FRAMES_PER_BLOCK == blocked && !flush())
                    {
                        return false;
                    }
                    block.putInt(blockLength, DataHeaderFlyweight.HEADER_LENGTH + length);
                    block.putBytes(blockLength + DataHeaderFlyweight.HEADER_LENGTH, message, 0, length);
                    blockLength += BitUtil.align(DataHeaderFlyweight.HEADER_LENGTH + length, FrameDescriptor.FRAME_ALIGNMENT);
                    blocked++;
                    return true;
                default:
                    throw new IllegalArgumentException("no method " + method);
            }
        }

        /** Gives the frames their place in the log and offers them. Where the term has no room for all, the messages go one by one. */
        boolean flush()
        {
            if (0 == blocked)
            {
                return true;
            }
            final long position = exclusive.position();
            final int termLength = exclusive.termBufferLength();
            final int offset = (int)(position & (termLength - 1));
            if (offset + blockLength > termLength)
            {
                while (blockLength > 0)
                {
                    final int frame = block.getInt(0);
                    final int header = DataHeaderFlyweight.HEADER_LENGTH;
                    if (!outcome(any.offer(block, header, frame - header)))
                    {
                        return false;
                    }
                    final int aligned = BitUtil.align(frame, FrameDescriptor.FRAME_ALIGNMENT);
                    blockLength -= aligned;
                    block.putBytes(0, block, aligned, blockLength);
                }
                blocked = 0;
                return true;
            }
            final int termId = exclusive.initialTermId() + (int)(position >>> LogBufferDescriptor.positionBitsToShift(termLength));
            final DataHeaderFlyweight header = new DataHeaderFlyweight();
            for (int at = 0; at < blockLength;)
            {
                header.wrap(block, at, DataHeaderFlyweight.HEADER_LENGTH);
                final int frame = header.frameLength();
                header.version(DataHeaderFlyweight.CURRENT_VERSION)
                    .flags(DataHeaderFlyweight.BEGIN_AND_END_FLAGS)
                    .headerType(DataHeaderFlyweight.HDR_TYPE_DATA);
                header.termOffset(offset + at).sessionId(any.sessionId()).streamId(any.streamId()).termId(termId).reservedValue(0);
                at += BitUtil.align(frame, FrameDescriptor.FRAME_ALIGNMENT);
            }
            if (!outcome(exclusive.offerBlock(block, 0, blockLength)))
            {
                return false;
            }
            blockLength = 0;
            blocked = 0;
            return true;
        }

        private static boolean outcome(final long position)
        {
            if (position >= 0)
            {
                return true;
            }
            if (Publication.NOT_CONNECTED == position || Publication.BACK_PRESSURED == position || Publication.ADMIN_ACTION == position)
            {
                return false;
            }
            throw new IllegalStateException("the position is " + Publication.errorString(position));
        }

        public void close()
        {
            any.close();
        }
    }
}
