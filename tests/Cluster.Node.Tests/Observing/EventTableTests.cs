using System.Reflection;
using Cluster.Node.Observing;
using Microsoft.Extensions.Logging;

namespace Cluster.Node.Tests.Observing;

/// <summary>The table of events has each event that the node logs, with its id and level.</summary>
public sealed class EventTableTests
{
    [Fact]
    public void The_table_of_events_is_what_the_code_logs()
    {
        var logged = typeof(OperatorLog).GetMethods(BindingFlags.Static | BindingFlags.Public)
            .Select(method => (method.Name, Message: method.GetCustomAttribute<LoggerMessageAttribute>()!))
            .Select(each => $"{each.Message.EventId} {each.Name} {each.Message.Level}".ToLowerInvariant());
        var written = Documents.Table("docs/operations.md", "| event | name | level |")
            .Select(row => $"{row[0]} {row[1]} {row[2]}".ToLowerInvariant());
        Assert.Equal(logged.Order(), written.Order());
    }
}
