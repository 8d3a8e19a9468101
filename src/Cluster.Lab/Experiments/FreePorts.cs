using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Cluster.Lab.Experiments;

/// <summary>
/// Ports for servers that are stopped and started again at the same address. The kernel does not give these out for
/// outgoing connections (ip(7), ip_local_port_range), so nobody takes one by chance while its server is away.
/// </summary>
internal static class FreePorts
{
    private const string Range = "/proc/sys/net/ipv4/ip_local_port_range";
    private const int Lowest = 10_000;
    private const int Attempts = 1_000;

    /// <summary>Ports at which nobody listens now, each another one.</summary>
    public static int[] Find(IPAddress address, int count)
    {
        var above = FirstOfKernel();
        // All are held until all are known, so that none is given out twice.
        var held = new List<TcpListener>();
        try
        {
            for (var attempt = 0; held.Count < count; attempt++)
            {
                // Where nothing is left for servers the kernel chooses.
                var port = above > Lowest && attempt < Attempts ? Random.Shared.Next(Lowest, above) : 0;
                if (TryListen(address, port) is { } listener) held.Add(listener);
            }

            return [.. held.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        }
        finally
        {
            foreach (var listener in held) listener.Dispose();
        }
    }

    private static int FirstOfKernel() =>
        File.Exists(Range) ? int.Parse(File.ReadAllText(Range).Split()[0], CultureInfo.InvariantCulture) : 0;

    private static TcpListener? TryListen(IPAddress address, int port)
    {
        var listener = new TcpListener(address, port);
        try
        {
            listener.Start();
            return listener;
        }
        catch (SocketException) when (port != 0)
        {
            listener.Dispose();
            return null;
        }
    }
}
