using System.Net;
using System.Net.Sockets;
using System.Text;

namespace HafsModels.Tests.Deployment;

/// <summary>An HTTP server on loopback that answers as a test says.</summary>
internal class HttpDouble : IDisposable
{
    private readonly HttpListener listener = new();
    private readonly Func<HttpListenerContext, Task> answer;

    public HttpDouble(Func<HttpListenerContext, Task> answer)
    {
        this.answer = answer;
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            Endpoint = new Uri($"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}/");
        }

        listener.Prefixes.Add(Endpoint.AbsoluteUri);
        listener.Start();
        _ = ServeAsync();
    }

    public Uri Endpoint { get; }

    public static async Task WriteAsync(HttpListenerContext context, int status, string body, string type = "application/json")
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        await context.Response.OutputStream.WriteAsync(bytes);
        await context.Response.OutputStream.FlushAsync();
    }

    /// <summary>Ends at once, as a process that is killed: every connection breaks.</summary>
    public void Break() => listener.Abort();

    public virtual void Dispose()
    {
        listener.Close();
        GC.SuppressFinalize(this);
    }

    private async Task ServeAsync()
    {
        while (listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }

            _ = Task.Run(async () =>
            {
                try
                {
                    await answer(context);
                    context.Response.Close();
                }
                catch (Exception exception) when (exception is HttpListenerException or IOException or ObjectDisposedException or InvalidOperationException)
                {
                    // The client went away, or the test broke the connection on purpose.
                }
                catch (Exception exception)
                {
                    await WriteAsync(context, 500, exception.ToString(), "text/plain");
                    context.Response.Close();
                }
            });
        }
    }
}
