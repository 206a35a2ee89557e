import io.aeron.Aeron;
import io.aeron.Publication;
import org.agrona.CloseHelper;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.concurrent.TimeUnit;

/**
 * Aeron's Java client as a contestant of the bench; see package protocol.
 *
 * <pre>java -cp aeron-all.jar:CLASSES --add-opens java.base/jdk.internal.misc=ALL-UNNAMED Contestant DIR</pre>
 */
public final class Contestant
{
    static final int FRAGMENT_LIMIT = 256;

    /** So many longs go before and behind what a thread writes for every message, that nobody else's lie in its cache lines. */
    static final int APART = 16;

    /** What is open: it is run any number of times, and closed. */
    interface Session extends AutoCloseable
    {
        /** Nanoseconds, messages received, wrong ones, position. */
        long[] run(String[] words) throws Exception;

        void close();
    }

    private Session session;

    public static void main(final String[] args) throws Exception
    {
        if (args.length != 1)
        {
            System.err.println("usage: Contestant DIR");
            System.exit(2);
        }
        final Aeron.Context context = new Aeron.Context()
            .aeronDirectoryName(args[0])
            .errorHandler((error) ->
            {
                error.printStackTrace();
                System.exit(1);
            });
        try (Aeron aeron = Aeron.connect(context))
        {
            new Contestant().serve(aeron);
        }
    }

    private void serve(final Aeron aeron) throws Exception
    {
        final BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine())
        {
            String answer;
            try
            {
                answer = answer(aeron, line.split(" "));
            }
            catch (final Exception ex)
            {
                answer = "error " + ex.toString().replace('\n', ' ');
            }
            System.out.println(answer);
        }
        CloseHelper.close(session);
    }

    private String answer(final Aeron aeron, final String[] words) throws Exception
    {
        switch (words[0])
        {
            case "open":
                if (session != null)
                {
                    throw new IllegalStateException("something is open already");
                }
                session = "throughput".equals(words[1]) ? new Throughput(aeron, words) : new Latency(aeron, words);
                return "ok";

            case "run":
                final StringBuilder answer = new StringBuilder("ok");
                for (final long figure : session.run(words))
                {
                    answer.append(' ').append(figure);
                }
                return answer.toString();

            case "close":
                session.close();
                session = null;
                return "ok";

            default:
                throw new IllegalArgumentException("unknown command " + words[0]);
        }
    }

    /** Whether the message is out; if not, and this returns, it is to be offered again. */
    static boolean offered(final long position)
    {
        if (position >= 0)
        {
            return true;
        }
        if (position == Publication.BACK_PRESSURED)
        {
            Thread.yield();
        }
        else if (position != Publication.ADMIN_ACTION)
        {
            throw new IllegalStateException("offer: " + Publication.errorString(position));
        }
        return false;
    }

    interface Condition
    {
        boolean holds();
    }

    static void await(final String what, final Condition condition)
    {
        final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.holds())
        {
            if (System.nanoTime() - deadline > 0)
            {
                throw new IllegalStateException("waited in vain for " + what);
            }
            Thread.yield();
        }
    }
}
