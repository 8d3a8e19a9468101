using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cluster.Lab.Histories;

/// <summary>
/// All calls of the clients of an experiment, in the order of invocation. The checkers read nothing else.
/// </summary>
public sealed class History
{
    private static readonly JsonSerializerOptions Json = new()
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>A history of these calls, in any order.</summary>
    public History(IEnumerable<Operation> operations)
    {
        Operations = [.. operations.OrderBy(operation => operation.InvokedAt)];
        Ended = Operations.Where(operation => operation.Call == CallKind.Exit || operation.Outcome == Outcome.Unknown)
            .Select(operation => operation.Client).ToHashSet();
    }

    /// <summary>All calls.</summary>
    public IReadOnlyList<Operation> Operations { get; }

    /// <summary>Clients whose process ended: they exited, or a call of theirs has an unknown outcome.</summary>
    public IReadOnlySet<int> Ended { get; }

    /// <summary>The calls on each object, of these kinds or of all, by name.</summary>
    public IEnumerable<(string Object, IReadOnlyList<Operation> Operations)> ByObject(params CallKind[] kinds) =>
        Operations.Where(operation => operation.Object.Length > 0)
            .Where(operation => kinds.Length == 0 || kinds.Contains(operation.Call))
            .GroupBy(operation => operation.Object)
            .OrderBy(calls => calls.Key, StringComparer.Ordinal)
            .Select(calls => (calls.Key, (IReadOnlyList<Operation>)[.. calls]));

    /// <summary>Writes a line of JSON for each call.</summary>
    public async Task WriteAsync(TextWriter writer, CancellationToken cancellationToken = default)
    {
        foreach (var operation in Operations)
            await writer.WriteLineAsync(JsonSerializer.Serialize(operation, Json).AsMemory(), cancellationToken)
                .ConfigureAwait(false);
    }

    /// <summary>Reads a history that <see cref="WriteAsync"/> wrote.</summary>
    /// <exception cref="JsonException">A line is not an operation.</exception>
    public static async Task<History> ReadAsync(TextReader reader, CancellationToken cancellationToken = default)
    {
        var operations = new List<Operation>();
        while (await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
        {
            if (line.Length == 0) continue;
            operations.Add(JsonSerializer.Deserialize<Operation>(line, Json) ?? throw new JsonException("null"));
        }

        return new History(operations);
    }
}
