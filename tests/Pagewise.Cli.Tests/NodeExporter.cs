using System.Diagnostics;
using System.Globalization;

namespace Pagewise.Cli.Tests;

/// <summary>Prometheus's node_exporter over a /proc tree, on a port of its own choice.</summary>
internal sealed class NodeExporter : IDisposable
{
    private const string Listening = "Listening on";
    private const string Address = "address=";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Process _process;
    private readonly string _address;

    private NodeExporter(Process process, string address)
    {
        _process = process;
        _address = address;
    }

    public static NodeExporter Start(string proc, IEnumerable<string> collectors)
    {
        var start = new ProcessStartInfo(
            ReaderProgram.Find("prometheus-node-exporter")!,
            [
                "--path.procfs=" + proc, "--web.listen-address=127.0.0.1:0", "--web.disable-exporter-metrics", "--collector.disable-defaults",
                "--collector.vmstat.fields=.*", .. collectors.Select(name => "--collector." + name),
            ])
        { RedirectStandardError = true, UseShellExecute = false };
        var address = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = new Process { StartInfo = start };
        process.ErrorDataReceived += (_, said) =>
        {
            int at = said.Data?.IndexOf(Address, StringComparison.Ordinal) ?? -1;
            if (said.Data is null)
                address.TrySetException(new InvalidOperationException("node_exporter ended before it listened"));
            else if (at >= 0 && said.Data.Contains(Listening, StringComparison.Ordinal))
                address.TrySetResult(said.Data[(at + Address.Length)..].Split(' ')[0]);
        };
        process.Start();
        process.BeginErrorReadLine();
        try
        {
            return new NodeExporter(process, address.Task.WaitAsync(Patience).GetAwaiter().GetResult());
        }
        catch (Exception)
        {
            process.Kill();
            throw;
        }
    }

    /// <summary>The metrics, by name and labels.</summary>
    public async Task<IReadOnlyDictionary<string, double>> ReadAsync(CancellationToken cancellation)
    {
        using var client = new HttpClient();
        string text = await client.GetStringAsync(new Uri($"http://{_address}/metrics"), cancellation);
        var metrics = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (string line in text.Split('\n').Where(line => line.Length > 0 && line[0] != '#'))
        {
            int space = line.LastIndexOf(' ');
            metrics[line[..space]] = double.Parse(line[(space + 1)..], CultureInfo.InvariantCulture);
        }

        return metrics;
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
