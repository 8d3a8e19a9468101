using System.Net;

namespace Cluster.Node.Web;

/// <summary>Asks a node whether it is ready, for a container that has neither a shell nor a client of HTTP.</summary>
internal static class HealthProbe
{
    private const int Ready = 0;
    private const int NotReady = 1;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Where to ask: the URL, or else the web endpoint of the settings.</summary>
    /// <exception cref="SettingsException">There is nowhere to ask.</exception>
    public static Uri Locate(string? url, NodeOptions options)
    {
        if (url is null)
        {
            var web = options.WebAddress ?? throw new SettingsException("health: the node has no web endpoint: see --web");
            return new UriBuilder("http", web.Reachable, web.Port, WebEndpoint.ReadyPath).Uri;
        }

        if (!Uri.TryCreate(url, UriKind.Absolute, out var parsed) || parsed.Scheme is not ("http" or "https"))
            throw new SettingsException($"health: '{url}' is not an address such as http://127.0.0.1:6210");
        return parsed.AbsolutePath == "/" ? new Uri(parsed, WebEndpoint.ReadyPath) : parsed;
    }

    /// <summary>Asks, and prints what is said.</summary>
    /// <returns>The exit code: 0 ready, 1 not.</returns>
    public static async Task<int> AskAsync(Uri url, TextWriter output, TextWriter error, CancellationToken cancelled)
    {
        using var handler = new SocketsHttpHandler { UseProxy = false, ConnectTimeout = Patience };
        using var client = new HttpClient(handler) { Timeout = Patience };
        try
        {
            using var response = await client.GetAsync(url, cancelled);
            await output.WriteLineAsync(await response.Content.ReadAsStringAsync(cancelled));
            return response.StatusCode == HttpStatusCode.OK ? Ready : NotReady;
        }
        catch (HttpRequestException exception)
        {
            await error.WriteLineAsync($"cluster-node: {url} does not answer: {exception.Message.ReplaceLineEndings(" ")}");
            return NotReady;
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync($"cluster-node: {url} does not answer within {Patience.TotalSeconds} s");
            return NotReady;
        }
    }
}
