using System.Globalization;
using System.Security.Cryptography;
using Google.Protobuf;

namespace Cluster.Client;

/// <summary>
/// What a process gives to another program so that it starts as a child of the process: fork(2). Whoever has it can start
/// such children, and can do nothing else with it. Its text can be passed in an environment variable.
/// </summary>
/// <example>
/// <code>
/// var parent = await ipc.Processes.GetParentAsync();
/// await using var child = await IpcClient.ConnectAsync(
///     new IpcClientOptions { Addresses = ["http://127.0.0.1:5210"], Parent = parent });
/// </code>
/// </example>
public sealed class IpcParent
{
    private IpcParent(int pid, ByteString ticket) => (Pid, Ticket) = (pid, ticket);

    /// <summary>The pid of the parent.</summary>
    public int Pid { get; }

    /// <summary>HMAC-SHA256 of "parent" by the secret of the process: the secret cannot be found from it.</summary>
    internal ByteString Ticket { get; }

    /// <summary>Reads the text of <see cref="ToText"/>.</summary>
    /// <exception cref="FormatException">It is no such text.</exception>
    public static IpcParent Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split(':');
        try
        {
            if (parts.Length == 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                && pid > 0 && parts[1].Length == 2 * HMACSHA256.HashSizeInBytes)
                return new IpcParent(pid, ByteString.CopyFrom(Convert.FromHexString(parts[1])));
        }
        catch (FormatException)
        {
            // Said below: the text is a secret.
        }

        throw new FormatException("it is not PID:TICKET, with a ticket of 64 hexadecimal digits");
    }

    /// <summary>PID:TICKET. It is a secret.</summary>
    public string ToText() =>
        string.Create(CultureInfo.InvariantCulture, $"{Pid}:{Convert.ToHexStringLower(Ticket.Span)}");

    /// <summary>The pid alone: the rest is a secret.</summary>
    public override string ToString() => Pid.ToString(CultureInfo.InvariantCulture);

    internal static IpcParent Of(int pid, ByteString token) =>
        new(pid, ByteString.CopyFrom(HMACSHA256.HashData(token.Span, "parent"u8)));
}
