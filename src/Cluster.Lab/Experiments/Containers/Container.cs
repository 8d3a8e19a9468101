using System.Text.Json;

namespace Cluster.Lab.Experiments.Containers;

/// <summary>A container, as docker inspect shows it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Project">The Compose value; empty: it has none.</param>
/// <param name="Service">The Compose value; empty: it has none.</param>
/// <param name="StartedAt">The time of its last start, as the engine writes times.</param>
/// <param name="Ports">Ports of the host that it publishes.</param>
/// <param name="Networks">The networks of the container, each with its names there.</param>
internal sealed record Container(
    string Id, string Name, string Project, string Service, string StartedAt, IReadOnlySet<int> Ports,
    IReadOnlyDictionary<string, IReadOnlyList<string>> Networks)
{
    /// <summary>Inspects containers.</summary>
    /// <exception cref="ExperimentException">There is no such container, or no engine.</exception>
    public static async Task<IReadOnlyList<Container>> InspectAsync(params string[] names)
    {
        if (names.Length == 0) return [];
        using var document = JsonDocument.Parse(
            await Docker.RunAsync(["inspect", "--type", "container", .. names]).ConfigureAwait(false));
        return [.. document.RootElement.EnumerateArray().Select(Read)];
    }

    /// <summary>All running containers of Compose.</summary>
    public static async Task<IReadOnlyList<Container>> OfComposeAsync()
    {
        var ids = await Docker.RunAsync("ps", "--quiet", "--filter", "label=com.docker.compose.service")
            .ConfigureAwait(false);
        return await InspectAsync(
            ids.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .ConfigureAwait(false);
    }

    /// <summary>Reads one element of the output of docker inspect.</summary>
    internal static Container Read(JsonElement json)
    {
        var settings = json.GetProperty("NetworkSettings");
        var labels = Members(json.GetProperty("Config").GetProperty("Labels")).ToDictionary(
            label => label.Name, label => label.Value.GetString() ?? "");
        return new Container(
            json.GetProperty("Id").GetString()!,
            json.GetProperty("Name").GetString()!.TrimStart('/'),
            labels.GetValueOrDefault("com.docker.compose.project", ""),
            labels.GetValueOrDefault("com.docker.compose.service", ""),
            json.GetProperty("State").GetProperty("StartedAt").GetString()!,
            Members(settings.GetProperty("Ports")).SelectMany(port => Elements(port.Value))
                .Select(binding => int.TryParse(binding.GetProperty("HostPort").GetString(), out var port) ? port : 0)
                .ToHashSet(),
            Members(settings.GetProperty("Networks")).ToDictionary(
                network => network.Name,
                network => (IReadOnlyList<string>)
                [
                    .. Elements(network.Value.GetProperty("Aliases")).Select(alias => alias.GetString()!),
                ]));
    }

    private static IEnumerable<JsonProperty> Members(JsonElement json) =>
        json.ValueKind == JsonValueKind.Object ? json.EnumerateObject() : Enumerable.Empty<JsonProperty>();

    private static IEnumerable<JsonElement> Elements(JsonElement json) =>
        json.ValueKind == JsonValueKind.Array ? json.EnumerateArray() : Enumerable.Empty<JsonElement>();
}
