using System.Net;

namespace Cluster.Node.Gateway;

/// <summary>
/// The addresses from which connections of HTTP/2 had to be closed, because they reset too many requests. After some of
/// them each new connection of HTTP/2 from the address is served later. Bare frames are served at once.
/// </summary>
internal sealed class Resetters
{
    /// <summary>Closed connections of one address, after which new ones are served later.</summary>
    internal const int Most = 4;

    /// <summary>For how long new ones are served later, from the first of these.</summary>
    internal static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    /// <summary>How much later.</summary>
    internal static readonly TimeSpan Delay = TimeSpan.FromSeconds(1);

    private const int Addresses = 1_024;

    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, (long Since, int Count)> _closed = [];

    /// <summary>A connection of an address was closed.</summary>
    public void Add(IPAddress address, TimeProvider time)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            if (!_closed.TryGetValue(address, out var known) || time.GetElapsedTime(known.Since, now) >= Window)
                known = (now, 0);
            if (_closed.Count >= Addresses) _closed.Clear();
            _closed[address] = (known.Since, known.Count + 1);
        }
    }

    /// <summary>Whether new connections of an address are served later.</summary>
    public bool IsFull(IPAddress address, TimeProvider time)
    {
        lock (_gate)
        {
            return _closed.TryGetValue(address, out var known) && known.Count >= Most
                && time.GetElapsedTime(known.Since) < Window;
        }
    }
}
