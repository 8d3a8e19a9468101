using System.Globalization;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Output;

namespace Cluster.Cli.Kinds;

/// <summary>ss(8) for Unix sockets.</summary>
internal static class SsCommand
{
    private const string Description = """
        List Unix sockets as ss -xap does, in the order of their numbers: a line for a socket with a name, and one for each end of
        a connection. Port is the number of the socket, and of the end: 1 of connect(2), 2 of accept(2). Of a socket that
        listens Recv-Q is the number of connections that wait for accept(2), and Send-Q the backlog; of an end they are the
        bytes that it can receive, and that the other end has not received. Process is told of the user's own sockets; uid 0
        sees all.

        Examples:
          ipc ss
          ipc --uid 0 ss --json
        """;

    public static Command Create(Globals globals)
    {
        var command = new Command("ss", Description);
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var json = globals.Json(parsed);
            if (!json)
                await globals.Out.WriteLineAsync(
                    Line("Netid", "State", "Recv-Q", "Send-Q", "Local Address:Port", "Peer Address:Port", "Process"));
            await foreach (var socket in ipc.Sockets.ListSocketsAsync(cancelled))
            {
                foreach (var row in Rows(socket))
                    await globals.Out.WriteLineAsync(json ? JsonOutput.Line(row.ToJson()) : row.ToString());
            }
        });
        return command;
    }

    private static IEnumerable<Row> Rows(SocketInfo socket)
    {
        if (socket.IsListener)
        {
            var isListening = socket.Condition == SocketCondition.Listening;
            yield return new Row(
                socket, isListening ? "LISTEN" : "UNCONN", socket.Queued, isListening ? socket.Backlog : 0, socket.Name,
                Text(socket.Id), "0", socket.Ends[0].Holders);
            yield break;
        }

        var (first, second) = (socket.Ends[0], socket.Ends[1]);
        var state = socket.Condition switch
        {
            SocketCondition.Unconnected => "UNCONN",
            SocketCondition.Connecting => "SYN-SENT",
            _ => "ESTAB",
        };
        var (one, two) = ($"{socket.Id}.1", $"{socket.Id}.2");
        if (first.IsOpen)
            yield return new Row(socket, state, first.Receivable, second.Receivable, "*", one, two, first.Holders);
        if (second.IsOpen)
            yield return new Row(
                socket, state, second.Receivable, first.Receivable, socket.Name.Length > 0 ? socket.Name : "*", two, one,
                second.Holders);
    }

    private static string Line(
        string type, string state, string receive, string send, string local, string peer, string process) =>
        $"{type,-5} {state,-8} {receive,-6} {send,-6} {local,40} {peer,20} {process}".TrimEnd();

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private sealed record Row(
        SocketInfo Socket, string State, long ReceiveQueue, long SendQueue, string Address, string Port, string PeerPort,
        IReadOnlyList<int> Pids)
    {
        private string Type => Socket.Type == SocketType.Stream ? "u_str" : "u_seq";

        private string Process => Pids.Count == 0 ? "" : $"users:({string.Join(',', Pids.Select(pid => $"(pid={pid})"))})";

        public override string ToString() => Line(
            Type, State, Text(ReceiveQueue), Text(SendQueue), $"{Address} {Port}", $"* {PeerPort}", Process);

        public JsonObject ToJson() => new()
        {
            ["netid"] = Type,
            ["state"] = State,
            ["recv_q"] = ReceiveQueue,
            ["send_q"] = SendQueue,
            ["local"] = Address,
            ["port"] = Port,
            ["peer_port"] = PeerPort,
            ["pids"] = new JsonArray([.. Pids.Select(pid => JsonValue.Create(pid))]),
        };
    }
}
