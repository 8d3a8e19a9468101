using Cluster.Protocol;

namespace Cluster.Conformance.SemaphoreSets;

/// <summary>An operation of a script. Any part of a script is a script: impossible operations are left out.</summary>
internal abstract record Step
{
    /// <summary>semop(2) of one process; or semtimedop(2).</summary>
    /// <param name="Who">The process.</param>
    /// <param name="Ops">The operations.</param>
    /// <param name="TimeoutMs">Null: none; else 0, or little enough to be waited for.</param>
    public sealed record Operate(int Who, (int Num, int Op, int Flags)[] Ops, int? TimeoutMs) : Step
    {
        public override string ToString() =>
            $"p{Who} semop [{string.Join(", ", Ops.Select(Text))}]{(TimeoutMs is { } ms ? $" within {ms} ms" : "")}";

        private static string Text((int Num, int Op, int Flags) op)
        {
            var flags = (op.Flags & IpcFlags.SEM_UNDO) != 0 ? "|UNDO" : "";
            if ((op.Flags & IpcFlags.IPC_NOWAIT) != 0) flags += "|NOWAIT";
            return $"{op.Num}:{(op.Op > 0 ? "+" : "")}{op.Op}{flags}";
        }
    }

    /// <summary>semctl(SETVAL).</summary>
    public sealed record SetValue(int Who, int Num, int Value) : Step
    {
        public override string ToString() => $"p{Who} SETVAL {Num} {Value}";
    }

    /// <summary>semctl(SETALL).</summary>
    public sealed record SetAll(int Who, int[] Values) : Step
    {
        public override string ToString() => $"p{Who} SETALL [{string.Join(", ", Values)}]";
    }

    /// <summary>semctl(IPC_SET), by root.</summary>
    public sealed record Set(uint Uid, uint Gid, uint Mode) : Step
    {
        public override string ToString() => $"IPC_SET uid={Uid} gid={Gid} mode={Convert.ToString(Mode, 8)}";
    }

    /// <summary>A signal for a process that is blocked.</summary>
    public sealed record Interrupt(int Who) : Step
    {
        public override string ToString() => $"signal for p{Who}";
    }

    /// <summary>A process ends, by itself if it can, and another takes its place.</summary>
    public sealed record Exit(int Who) : Step
    {
        public override string ToString() => $"p{Who} exits";
    }
}
