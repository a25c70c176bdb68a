using System.Text;
using Pagewise.Replay.Heap;
using Pagewise.Workloads;

namespace Pagewise.Replay.Tests.Heap;

/// <summary>Heap scripts written as text.</summary>
internal static class Scripts
{
    public static HeapScript Of(string text)
    {
        using RecordingReader reader = RecordingReader.Open("test.heap", new MemoryStream(Encoding.UTF8.GetBytes(text)));
        return HeapScript.Read(reader);
    }

    public static HeapTotals Replay(HeapScript script, HeapReplayOptions? options = null)
    {
        using var replayer = HeapReplayer.Create(script, options ?? new HeapReplayOptions());
        replayer.Run();
        replayer.Validate();
        return replayer.Totals;
    }
}
