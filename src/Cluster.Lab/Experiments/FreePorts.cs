using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Cluster.Lab.Experiments;

/// <summary>
/// Ports for servers that are stopped and started again at the same address. The kernel does not use these ports for
/// outgoing connections (ip(7), ip_local_port_range), so no other program gets one by chance while its server is down.
/// </summary>
internal static class FreePorts
{
    private const string Range = "/proc/sys/net/ipv4/ip_local_port_range";
    private const int Lowest = 10_000;
    private const int Attempts = 1_000;

    /// <summary>Distinct ports that are free now.</summary>
    public static int[] Find(IPAddress address, int count)
    {
        var above = FirstOfKernel();
        // All listeners stay open until all ports are found, so that no port is found twice.
        var listeners = new List<TcpListener>();
        try
        {
            for (var attempt = 0; listeners.Count < count; attempt++)
            {
                // If no port below the range of the kernel is free, the kernel chooses one.
                var port = above > Lowest && attempt < Attempts ? Random.Shared.Next(Lowest, above) : 0;
                if (TryListen(address, port) is { } listener) listeners.Add(listener);
            }

            return [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        }
        finally
        {
            foreach (var listener in listeners) listener.Dispose();
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
