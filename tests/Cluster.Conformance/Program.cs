using System.Globalization;
using Cluster.Conformance.Linux;

namespace Cluster.Conformance;

/// <summary>The tests run this program again for each process that calls the kernel: "worker IN OUT".</summary>
public static class Program
{
    public static int Main(string[] args)
    {
        if (args is not ["worker", .. var numbers])
        {
            Console.Error.WriteLine("run these tests with dotnet test");
            return 64;
        }

        var parsed = Array.ConvertAll(numbers, text => int.Parse(text, CultureInfo.InvariantCulture));
        Worker.Run(parsed[0], parsed[1]);
        return 0;
    }
}
