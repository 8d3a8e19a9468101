namespace Cluster.Agent.Native;

/// <summary>A file descriptor of this process, closed once.</summary>
internal sealed class Descriptor(int number) : IDisposable
{
    private int _number = number;

    public int Number => _number;

    public void Dispose()
    {
        var number = Interlocked.Exchange(ref _number, -1);
        if (number >= 0)
            _ = Libc.Close(number);
    }
}
