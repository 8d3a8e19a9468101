namespace Cluster.Agent.Native;

/// <summary>
/// How ready the descriptor of a program is for poll(2): the descriptor is a pipe of two pages, open for both directions.
/// It can be read if a page is full, and written if one is empty. Where a page has more than 4 KiB, the pipe has another
/// size, by which the shim sees that it cannot be polled.
/// </summary>
internal static unsafe class ReadyPipe
{
    /// <summary>What the pipe holds: IPC_WIRE_PIPE.</summary>
    public const int Bytes = 2 * PageBytes;

    private const int PageBytes = 4096;

    /// <summary>Makes the pipe ready. Not by two threads at once.</summary>
    /// <param name="own">The end that the agent has, for writing.</param>
    /// <param name="isReadable">POLLIN.</param>
    /// <param name="isWritable">POLLOUT.</param>
    public static void Set(int own, bool isReadable, bool isWritable)
    {
        var wanted = !isWritable ? 2 * PageBytes : isReadable ? PageBytes : 0;
        var page = stackalloc byte[PageBytes];
        _ = Libc.Control(own, Libc.F_SETFL, Libc.O_NONBLOCK);
        for (var held = Libc.BytesToRead(own); held < wanted; held += PageBytes)
        {
            if (Libc.Write(own, page, PageBytes) != PageBytes)
                return; // No program has the descriptor any more.
        }

        if (Libc.BytesToRead(own) <= wanted)
            return;
        // The agent keeps no end for reading: it would not learn that the last program has closed its own.
        const int flags = Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_CLOEXEC;
        using var reader = new Descriptor(Libc.Open($"/proc/self/fd/{own}", flags, 0));
        for (var held = Libc.BytesToRead(own); held > wanted; held -= PageBytes)
        {
            if (Libc.Read(reader.Number, page, PageBytes) != PageBytes)
                return;
        }
    }
}
