import com.amazonaws.services.dynamodbv2.local.main.ServerRunner;
import com.amazonaws.services.dynamodbv2.local.server.DynamoDBProxyServer;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * DynamoDB Local on 127.0.0.1, for as long as standard input is open.
 *
 * Its own main class listens on every address and has no option against it. The arguments are that class's, see
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DynamoDBLocal.UsageNotes.html.
 */
public class LoopbackDynamoDb {
    public static void main(String[] arguments) throws Exception {
        endWithInput();
        DynamoDBProxyServer dynamoDb = ServerRunner.createServerFromCommandLineArgs(arguments);
        var field = DynamoDBProxyServer.class.getDeclaredField("server");
        field.setAccessible(true);
        for (Connector connector : ((Server) field.get(dynamoDb)).getConnectors()) {
            ((ServerConnector) connector).setHost("127.0.0.1");
        }
        dynamoDb.start();
        System.out.println("listening on 127.0.0.1");
        dynamoDb.join();
    }

    /** Whoever started this holds the other end: when that process is gone, killed or not, this one ends too. */
    private static void endWithInput() {
        var watch = new Thread(() -> {
            try {
                while (System.in.read() != -1) {}
            } catch (java.io.IOException closed) {
                // The end too.
            }
            Runtime.getRuntime().halt(0);
        });
        watch.setDaemon(true);
        watch.start();
    }
}
